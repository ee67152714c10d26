# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Which published configuration networks were made for, guessed from their keywords."""

import collections

_AdaConfig = collections.namedtuple('_AdaConfig', 'name fmap_base mapping_layers mbstd_group_size D_architecture')
_ANY = None
_ADA_CONFIGS = (  # `auto` has the feature maps of its resolution, see below.
    _AdaConfig('stylegan2', 16384, 8, 4, 'resnet'),
    _AdaConfig('paper256', 8192, 8, 8, 'resnet'),
    _AdaConfig('paper512', 16384, 8, 8, 'resnet'),
    _AdaConfig('paper1024', 16384, 8, 4, 'resnet'),
    _AdaConfig('cifar', 8192, 2, 32, 'orig'),
    _AdaConfig('cifarbaseline', 8192, 8, 32, _ANY),
)
_NONE = 'none of the published ones'


def guess_configuration(networks):
    """Return the name of a configuration, or words that say why there is none.

    Args:
        networks: Dict name -> `ResolvedNetwork`.
    """
    generator = networks.get('Gs') or networks.get('G')
    if generator is None:
        return 'unknown, as there is no generator'
    D = networks.get('D')
    guess = {3: _guess_stylegan, 4: _guess_stylegan2, 5: _guess_ada}[generator.version]
    return guess(generator.kwargs, D.kwargs if D else {}, generator) if _has_usual_sizes(generator.kwargs) else _NONE


def _has_usual_sizes(kwargs):
    sizes = [kwargs.get(key, 512) for key in ('latent_size', 'dlatent_size', 'fmap_max', 'mapping_fmaps')]
    return all(size in (512, None) for size in sizes)


def _guess_stylegan(G, D, generator):
    del D, generator
    return 'config-a' if G['fmap_base'] == 8192 and G['mapping_layers'] == 8 else _NONE


def _guess_stylegan2(G, D, generator):
    if G['mapping_layers'] != 8:
        return _NONE
    if generator.components['synthesis'].func.__name__ == 'G_synthesis_stylegan_revised':
        return 'config-b, config-c or config-d, which have the same networks' if G['fmap_base'] == 8192 else _NONE
    architectures = (G['architecture'], D.get('architecture', 'resnet'))
    name = {16384: 'config-f', 8192: 'config-e'}.get(G['fmap_base'])
    if name and architectures != ('skip', 'resnet'):
        return '{}-G{}-D{}'.format(name, *architectures)
    return name or _NONE


def _guess_ada(G, D, generator):
    del generator
    resolution = G['resolution']
    auto = _AdaConfig('auto', 16384 if resolution >= 512 else 8192, 2, _ANY, 'resnet')
    names = [config.name for config in (auto,) + _ADA_CONFIGS if _fits(config, G, D)]
    names = [name for name in names if not name.startswith('paper') or name == f'paper{resolution}']
    return ' or '.join(names) or _NONE


def _fits(config, G, D):
    """Tell whether the keywords of networks are those of a configuration of StyleGAN2-ADA."""
    wanted = [
        (config.fmap_base, G['fmap_base']),
        (config.mapping_layers, G['mapping_layers']),
        (config.mbstd_group_size, D.get('mbstd_group_size')),
        (config.D_architecture, D.get('architecture')),
    ]
    return all(value is _ANY or found is None or value == found for value, found in wanted)
