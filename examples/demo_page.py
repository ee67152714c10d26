# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""The page that ends the demo: one HTML file with all pictures in it, and the picture grid as a file beside it."""

import base64
import html
import io
import math
import os
import platform
import string

from PIL import Image

from dnnlib.util import atomic_write, format_time

GRID_COLUMNS = 12
MAX_PROGRESS_ROWS = 6


def save_page(result_dir, contents):
    """Write `index.html` and `grid.png`; return the path of the page.

    Args:
        result_dir: Folder to write to.
        contents: EasyDict with `style`, `resolution`, `total_kimg`, `num_faces`; `reals` and `grid`, lists of paths;
            `mixing` and `sweep`, paths of tables; `grid_psi`, `col_styles`, `sweep_psis`; `progress`, pairs (kimg,
            path of a grid); `metric`, its name, and `curve`, records of it with `kimg`; `commands`, triples (title,
            command, seconds); `total_sec`.
    """
    grid = compose_grid(contents.grid, GRID_COLUMNS)
    enlarged = grid.resize((grid.width * 3, grid.height * 3), Image.NEAREST)
    with atomic_write(os.path.join(result_dir, 'grid.png')) as file:
        enlarged.save(file, 'png', optimize=True)
    text = _read_template().substitute(
        facts=_make_facts(contents),
        grid=make_data_uri(grid),
        grid_psi=contents.grid_psi,
        style=html.escape(contents.style),
        reals=make_data_uri(compose_grid(contents.reals, GRID_COLUMNS)),
        progress=_make_progress(contents.progress),
        metric=html.escape(contents.metric),
        curve=make_curve(_list_points(contents), contents.curve[0]['results'].get(contents.metric + '_floor')),
        col_styles=contents.col_styles,
        mixing=make_data_uri(Image.open(contents.mixing)),
        sweep=make_data_uri(Image.open(contents.sweep)),
        sweep_psis=', '.join(f'{psi:g}' for psi in contents.sweep_psis),
        commands=_make_commands(contents.commands),
        versions=_make_versions(contents.curve[0]),
    )
    page_path = os.path.join(result_dir, 'index.html')
    with atomic_write(page_path, 'w') as file:
        file.write(text)
    return page_path


def _read_template():
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'demo_page.html')
    with open(path, encoding='utf-8') as file:
        return string.Template(file.read())


# ----------------------------------------------------------------------------
# Pictures.


def compose_grid(paths, num_columns):
    """Return one picture with those of equal size at `paths` row by row; an incomplete last row is left out."""
    num_columns = min(num_columns, len(paths))
    num_rows = len(paths) // num_columns
    tiles = [Image.open(path).convert('RGB') for path in paths[: num_rows * num_columns]]
    width, height = tiles[0].size
    grid = Image.new('RGB', (num_columns * width, num_rows * height))
    for index, tile in enumerate(tiles):
        grid.paste(tile, (index % num_columns * width, index // num_columns * height))
    return grid


def make_data_uri(image):
    """Return a picture as the text that an `img` element takes instead of an address."""
    buffer = io.BytesIO()
    image.save(buffer, 'png', optimize=True)
    return 'data:image/png;base64,' + base64.b64encode(buffer.getvalue()).decode('ascii')


def _make_figure(image, caption):
    uri, caption = make_data_uri(image), html.escape(caption)
    return f'<figure class="scroll"><img src="{uri}" alt="{caption}"><figcaption>{caption}</figcaption></figure>'


def _make_progress(progress):
    stride = math.ceil((len(progress) - 1) / (MAX_PROGRESS_ROWS - 1)) or 1
    chosen = progress[::-1][::stride][::-1]  # Counted from the last, which is always shown.
    return '\n'.join(_make_figure(Image.open(path), f'{kimg} kimg') for kimg, path in chosen)


# ----------------------------------------------------------------------------
# Numbers.


def _list_points(contents):
    """Return the pairs (kimg, value) of the metric curve."""
    return [(record['kimg'], record['results'][contents.metric]) for record in contents.curve]


def make_curve(points, floor=None, width=640, height=300):
    """Return a line chart as SVG, its vertical axis starting at zero.

    Args:
        points: Pairs (kimg, value), in order.
        floor: Value of a dashed horizontal line, or None.
        width: Width of the drawing.
        height: Height of the drawing.
    """
    left, right, top, bottom = 56, 40, 30, 40
    last_kimg = max(kimg for kimg, _ in points) or 1
    highest = max(value for _, value in points) * 1.05 or 1

    def place(kimg, value):
        x = left + (width - left - right) * kimg / last_kimg
        return x, height - bottom - (height - top - bottom) * value / highest

    parts = [f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="Metric over training">']
    parts.append(_line(place(0, 0), place(last_kimg, 0), 'stroke="var(--line)"'))
    if floor is not None:
        parts.append(_line(place(0, floor), place(last_kimg, floor), 'stroke="var(--soft)" stroke-dasharray="5 5"'))
        x, y = place(0, floor)
        parts.append(f'<text x="{x - 8:.1f}" y="{y:.1f}" text-anchor="end">{floor:.0f}</text>')
    places = [place(kimg, value) for kimg, value in points]
    polyline = ' '.join(f'{x:.1f},{y:.1f}' for x, y in places)
    parts.append(f'<polyline points="{polyline}" fill="none" stroke="var(--mark)" stroke-width="2.5"/>')
    for (x, y), (kimg, value) in zip(places, points):
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="var(--mark)"/>')
        parts.append(f'<text class="value" x="{x:.1f}" y="{y - 12:.1f}" text-anchor="middle">{value:.0f}</text>')
        parts.append(f'<text x="{x:.1f}" y="{height - 16}" text-anchor="middle">{kimg:g} kimg</text>')
    return '\n'.join(parts) + '\n</svg>'


def _line(start, end, style):
    return f'<line x1="{start[0]:.1f}" y1="{start[1]:.1f}" x2="{end[0]:.1f}" y2="{end[1]:.1f}" {style}/>'


def _make_facts(contents):
    points = _list_points(contents)
    facts = [
        (f'{points[0][1]:.0f} → {points[-1][1]:.0f}', f'{contents.metric} before and after'),
        (f'{contents.total_kimg} kimg', f'shown of {contents.num_faces:,} pictures'),
        (f'{contents.resolution} × {contents.resolution}', 'pixels'),
        (format_time(contents.total_sec), f'on {os.cpu_count()} cores'),
    ]
    return ''.join(f'<div><b>{html.escape(value)}</b>{html.escape(name)}</div>' for value, name in facts)


def _make_commands(commands):
    parts = []
    for title, command, seconds in commands:
        parts.append(f'<div class="soft">{html.escape(title)}, {format_time(seconds)}</div>')
        parts.append(f'<pre>{html.escape(command)}</pre>')
    return '\n'.join(parts)


def _make_versions(record):
    versions = [(name, record[name.lower()]) for name in ('TensorFlow', 'NumPy', 'Python')]
    versions.append(('Machine', f'{platform.system()} {platform.machine()}, {os.cpu_count()} cores'))
    return ''.join(f'<tr><td>{name}</td><td>{html.escape(str(value))}</td></tr>' for name, value in versions)
