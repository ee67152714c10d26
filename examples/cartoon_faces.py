# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Draw a folder of cartoon faces to train on, the same ones on every machine.

The faces come from the DiceBear packages of requirements/demo.txt, which need Python 3.10 or newer; the folder can
then be used from any Python. Face N is drawn from the seed text "N" with six digits, so a larger set continues a
smaller one.
"""

import functools
import importlib.util
import io
import json
import os
import shutil
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from dnnlib import cmdline  # noqa: E402 - the project runs from its checkout
from dnnlib.progress import NamedProgress  # noqa: E402
from dnnlib.util import UserError  # noqa: E402
from image_data.command_line import MAX_SIZE_PX, MAX_WORKERS  # noqa: E402
from image_data.process_pool import map_in_order  # noqa: E402

EXAMPLES = """examples:

  # 10,000 faces of 64 pixels, then the data set to train on
  python examples/cartoon_faces.py --out=datasets/avataaars64-png
  python dataset_tool.py create_from_images datasets/avataaars64 datasets/avataaars64-png

  # A second domain, for transfer learning
  python examples/cartoon_faces.py --out=datasets/toon64-png --style=toon-head --num=2000
"""

# Zoom and shift (percent, downwards) that let the face fill the frame while hair and shoulders stay in it.
STYLES = {
    'avataaars': {'scale': 1.2, 'translateY': 4},
    'toon-head': {'scale': 1.15, 'translateY': 5},
    'big-smile': {},
    'open-peeps': {},
    'personas': {},
    'pixel-art': {},
}
BACKGROUNDS = {
    'pastel': ['#bfe0f2', '#cdeac0', '#f7d6e0', '#fdebc8', '#d9d2f0'],
    'white': [],
}
MAX_FACES = 10**6  # Seeds have six digits.
PACKAGES = ('dicebear', 'dicebear_styles', 'resvg_py', 'PIL')


def parse_args(argv=None):
    """Return the options as a namespace; exit with status 2 and a message on bad input."""
    parser = cmdline.make_parser(__doc__, EXAMPLES)
    add = functools.partial(cmdline.add_option, parser)
    add('--out DIR', 'folder to make', cmdline.parse_path, required=True)
    add('--style', 'how the faces are drawn', choices=sorted(STYLES), default='avataaars')
    add('--num N', 'faces', cmdline.up_to(MAX_FACES), default=10000)
    add('--size PX', 'width', cmdline.up_to(MAX_SIZE_PX), default=64)
    add('--backgrounds', 'colours behind', choices=sorted(BACKGROUNDS), default='pastel')
    add('--scale FLOAT', 'zoom (default: what suits the style)', cmdline.parse_float)
    add('--shift PERCENT', 'move down (default: what suits the style)', cmdline.parse_float)
    add(
        '--labels BOOL',
        'write dataset.json with one class per pair of skin and hair colour (default: no)',
        cmdline.parse_bool,
        default=False,
    )
    add('--workers N', 'processes (default: one per core)', cmdline.up_to(MAX_WORKERS))
    return parser.parse_args(argv)


def check_requirements():
    """Raise UserError if this Python or its packages cannot draw."""
    if sys.version_info < (3, 10):
        raise UserError(
            f'drawing needs Python 3.10 or newer, this is {sys.version.split()[0]}; '
            f'draw with a newer one and use the folder from here'
        )
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise UserError(
            f'drawing needs the missing packages {", ".join(missing)}; '
            f'install them with: pip install -r requirements/tf2.txt -r requirements/demo.txt'
        )


def make_options(style_name, size, backgrounds, scale=None, shift=None):
    """Return the drawing options of a style, with the seed still to be set.

    Args:
        style_name: Key of STYLES.
        size: Width and height in pixels.
        backgrounds: Key of BACKGROUNDS.
        scale: Zoom factor, or None for the style's own.
        shift: Percent of the frame to move down, or None for the style's own.
    """
    options = dict(STYLES[style_name], size=size, backgroundColor=BACKGROUNDS[backgrounds])
    if scale is not None:
        options['scale'] = scale
    if shift is not None:
        options['translateY'] = shift
    return options


@functools.lru_cache(maxsize=None)
def load_style(style_name):
    """Return the definition of a style as the package ships it: a dict with its parts, colours and licence."""
    from importlib import resources

    return json.loads((resources.files('dicebear_styles') / f'{style_name}.json').read_text(encoding='utf-8'))


@functools.lru_cache(maxsize=None)
def _compile_style(style_name):
    from dicebear import Style

    return Style(load_style(style_name))


def list_classes(style_name):
    """Return the classes of a style as pairs of skin and hair colour; hair is None where none is seen."""
    colors = load_style(style_name)['colors']
    hair_colors = colors.get('hair', {'values': []})['values'] + [None]
    return [(skin, hair) for skin in colors['skin']['values'] for hair in hair_colors]


def draw_face(style_name, options):
    """Draw one face.

    Args:
        style_name: Key of STYLES.
        options: As from `make_options`, with `seed`.

    Returns:
        Tuple of the picture (PIL, RGB) and its class, a pair as in `list_classes`.
    """
    import resvg_py
    from dicebear import Avatar
    from PIL import Image

    face = Avatar(_compile_style(style_name), options)
    chosen = face.to_json()['options']
    png = bytes(resvg_py.svg_to_bytes(svg_string=face.to_string(), skip_system_fonts=True))
    drawing = Image.open(io.BytesIO(png))
    image = Image.new('RGB', drawing.size, 'white')
    image.paste(drawing, mask=drawing.getchannel('A'))
    colors = [chosen[key][0] if chosen.get(key) else None for key in ('skinColor', 'hairColor')]
    return image, tuple(colors)


def save_face(index, style_name, options, out_dir):
    """Draw face `index` into `out_dir`; return its file name and class."""
    seed = f'{index:06d}'
    image, colors = draw_face(style_name, dict(options, seed=seed))
    image.save(os.path.join(out_dir, seed + '.png'))
    return seed + '.png', colors


def save_faces(out_dir, style_name, options, num, with_labels=False, workers=1, progress=None):
    """Draw faces 0..num-1 into a new folder, which appears when it is complete.

    Args:
        out_dir: Folder to make; must not exist.
        style_name: Key of STYLES.
        options: As from `make_options`.
        num: How many faces.
        with_labels: Also write `dataset.json` with the class of each face.
        workers: Processes to draw with.
        progress: Called as `progress(done, total)`, or None.

    Raises:
        UserError: If the folder exists, or an option is refused by the style.
    """
    if os.path.exists(out_dir):
        raise UserError(f'{out_dir} exists already; delete it or choose another --out')
    check_requirements()
    _check_options(style_name, options)
    part_dir = f'{out_dir}.part-{os.getpid()}'
    os.makedirs(part_dir)
    try:
        _save_faces(part_dir, style_name, options, num, with_labels, workers, progress)
        os.rename(part_dir, out_dir)
    finally:
        shutil.rmtree(part_dir, ignore_errors=True)


def _check_options(style_name, options):
    from dicebear.errors import OptionsValidationError

    try:
        draw_face(style_name, options)
    except OptionsValidationError as error:
        values = ', '.join(f'{name} {value}' for name, value in options.items() if name != 'backgroundColor')
        raise UserError(f'style {style_name} cannot be drawn with {values} ({error})') from error


def _save_faces(out_dir, style_name, options, num, with_labels, workers, progress):
    save = functools.partial(save_face, style_name=style_name, options=options, out_dir=out_dir)
    faces = []
    for face in map_in_order(save, range(num), workers):
        faces.append(face)
        if progress is not None:
            progress(len(faces), num)
    if with_labels:
        save_labels(faces, list_classes(style_name), os.path.join(out_dir, 'dataset.json'))


def save_labels(faces, classes, path):
    """Write the classes in the form of StyleGAN2-ADA's `dataset.json`, with their names in addition.

    Args:
        faces: Pairs of file name and class.
        classes: All classes in the order of their numbers.
        path: JSON file to write.
    """
    numbers = {colors: number for number, colors in enumerate(classes)}
    names = [f'skin {skin}, hair {hair or "not seen"}' for skin, hair in classes]
    labels = [[name, numbers[colors]] for name, colors in faces]
    with open(path, 'w', encoding='utf-8') as file:
        json.dump({'labels': labels, 'class_names': names}, file)


def main(argv=None):
    """Parse the command line and draw."""
    args = parse_args(argv)
    options = make_options(args.style, args.size, args.backgrounds, args.scale, args.shift)
    workers = args.workers or os.cpu_count()
    with NamedProgress() as progress:
        report = functools.partial(progress, 'Drawing faces')
        save_faces(args.out, args.style, options, args.num, args.labels, workers, report)
    print(f'{args.num} faces in {args.out}. {load_style(args.style)["meta"]["license"]["text"]}.')


if __name__ == '__main__':
    cmdline.run(main)
