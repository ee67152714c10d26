# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The parts that pages of reports are made of, as HTML; all texts that come from elsewhere are escaped here."""

import html
import json
import os
import string
import urllib.parse

from training.report import charts as chart_rules

_FOLDER = os.path.dirname(os.path.abspath(__file__))
escape = html.escape


def make_page(title, parts, data):
    """Return a whole page, which needs nothing else.

    Args:
        title: Text in the title of the window.
        parts: List of HTML.
        data: What the script of the page reads: plain values, as JSON.
    """
    page, style, script = [_read(name) for name in ('page.html', 'page.css', 'page.js')]
    text = json.dumps(data, allow_nan=False, separators=(',', ':'))
    for character in '<>&':  # So that no text can end the script element; a JSON text is the same with either.
        text = text.replace(character, f'\\u{ord(character):04x}')
    return string.Template(page).substitute(
        title=escape(title), style=style, script=script, content='\n'.join(parts), data=text
    )


def _read(name):
    with open(os.path.join(_FOLDER, name), encoding='utf-8') as file:
        return file.read()


def make_section(title, *parts):
    """Return a heading with HTML below it, or nothing if there is nothing below."""
    content = '\n'.join(part for part in parts if part)
    return f'<section><h2>{escape(title)}</h2>\n{content}</section>' if content else ''


def make_facts(facts):
    """Return panels that each show a pair of a name and a text; after a line break the text is small print."""
    cells = []
    for name, text in facts:
        large, _, small = text.partition('\n')
        small = f' <small>{escape(small)}</small>' if small else ''
        cells.append(f'<div class="panel"><dt>{escape(name)}</dt><dd>{escape(large)}{small}</dd></div>')
    return f'<dl class="facts">{"".join(cells)}</dl>'


def make_table(rows, head=()):
    """Return a table of texts; those in columns that hold numbers only are to have been formatted."""
    heading = ''.join(f'<th>{escape(text)}</th>' for text in head)
    heading = f'<thead><tr>{heading}</tr></thead>' if head else ''
    body = ''.join('<tr>' + ''.join(f'<td>{escape(text)}</td>' for text in row) + '</tr>' for row in rows)
    return f'<table class="plain">{heading}<tbody>{body}</tbody></table>'


def make_command(command, element_id='command'):
    """Return a command with a button that copies it."""
    return (
        f'<div class="panel command"><pre id="{element_id}">{escape(command)}</pre>'
        f'<button data-copy="{element_id}">copy</button></div>'
    )


def make_details(summary, content):
    """Return HTML that is folded away under a text."""
    return f'<details><summary>{escape(summary)}</summary><div class="scroll">{content}</div></details>'


def make_images(figures):
    """Return figures side by side, or nothing if there are none."""
    content = '\n'.join(figure for figure in figures if figure)
    return content and f'<div class="images">{content}</div>'


def make_address(path, folder):
    """Return the address of a file in a page of a folder."""
    return urllib.parse.quote(os.path.relpath(path, folder).replace(os.sep, '/'))


def make_link(path, folder, text):
    """Return a link to a file, for a page in a folder."""
    return f'<a href="{make_address(path, folder)}">{escape(text)}</a>'


def make_figure(caption, source, link):
    """Return an image with a caption and HTML beside it."""
    caption = escape(caption)
    return (
        f'<figure class="panel"><figcaption><b>{caption}</b>{link}</figcaption>'
        f'<img src="{escape(source)}" alt="{caption}"></figure>'
    )


def make_slider_figure(index, caption, source, link):
    """Return the newest image of the row of grids `index` of the data, with what moves through the row.

    Args:
        index: Index of the row.
        caption: Text at the newest image.
        source: Its text in the place of an address.
        link: HTML with a link to it, which changes with the image.
    """
    caption = escape(caption)
    return (
        f'<figure class="panel" data-grids="{index}"><figcaption><b>{caption}</b><button>play</button>'
        f'<input type="range" min="0" step="1" aria-label="grid">{link}</figcaption>'
        f'<img src="{escape(source)}" alt="{caption}"></figure>'
    )


def make_chart_sections(charts, notes=None):
    """Return the sections of charts.

    Args:
        charts: List of what `charts.list_charts` returns, as in the data of the page.
        notes: Title of a chart -> HTML below it.
    """
    sections = []
    for section in chart_rules.SECTIONS:
        panels = [
            f'<div class="panel chart" data-chart="{index}">{(notes or {}).get(chart.title, "")}</div>'
            for index, chart in enumerate(charts)
            if chart.section == section
        ]
        if panels:
            sections.append(make_section(section, f'<div class="charts">{"".join(panels)}</div>'))
    return sections
