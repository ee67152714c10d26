# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The parts that pages of reports are made of."""

import json
import re

import pytest
import source_tree

from training.report import html_parts

NASTY = '</script><b title="x">&amp;\'$title $data'


def test_texts_from_elsewhere_are_escaped():
    parts = [
        html_parts.make_section(NASTY, 'x'),
        html_parts.make_facts([(NASTY, NASTY + '\n' + NASTY)]),
        html_parts.make_table([[NASTY]], [NASTY]),
        html_parts.make_command(NASTY),
        html_parts.make_details(NASTY, ''),
        html_parts.make_figure(NASTY, NASTY, ''),
        html_parts.make_slider_figure(0, NASTY, NASTY, ''),
        html_parts.make_link('/a/' + NASTY, '/', NASTY),
    ]
    for part in parts:
        assert '<b ' not in part and 'title="x"' not in part and '&lt;/script&gt;&lt;b' in part


def test_data_cannot_end_the_script_and_is_read_as_it_was():
    page = html_parts.make_page(NASTY, [], {'a': [NASTY, None, 0.5]})
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert json.loads(text) == {'a': [NASTY, None, 0.5]}
    assert page.count('</script>') == 2 and '<b title' not in page


def test_data_without_a_word_in_json_are_refused():
    with pytest.raises(ValueError, match='not JSON compliant'):
        html_parts.make_page('x', [], [float('nan')])


def test_page_needs_nothing_else():
    page = html_parts.make_page('x', [], {})
    assert page.startswith('<!DOCTYPE html>') and source_tree.read('training/report/page.js') in page
    addresses = set(re.findall(r'https?://[^\s\'"]+', page))
    assert addresses == {'http://www.w3.org/2000/svg'}  # The name of a language, not a place to load from.
    assert not re.search(r'\b(src|href)="|@import|url\((?!#)|fetch\(', page)


def test_links_lead_from_the_page_to_the_file():
    assert html_parts.make_address('/a/b c/x#1.png', '/a/d') == '../b%20c/x%231.png'
    assert html_parts.make_address('/a/x.png', '/a') == 'x.png'


def test_sections_without_content_are_left_out():
    assert html_parts.make_section('Images', '', None) == ''
    assert html_parts.make_images(['', '']) == ''
