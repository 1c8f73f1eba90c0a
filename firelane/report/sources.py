"""Where the data of a report come from: one row for each file, its layers in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firelane.site.schema import LAYERS

if TYPE_CHECKING:
    from firelane.site.model import Site
    from firelane.vocabulary import Lang


def layer_name(key: str, lang: Lang) -> str:
    """Return a layer in words; in Chinese with its key, by which the file names it.

    >>> layer_name("roads", "zh"), layer_name("roads", "en"), layer_name("x", "zh")
    ('道路（roads）', 'roads', 'x')
    """
    layer = LAYERS.get(key)
    if layer is None:
        return key
    return f"{layer.zh}（{key}）" if lang == "zh" else layer.en


def files(site: Site, lang: Lang) -> list[tuple[str, str, str]]:
    """Return path, layers with their numbers of rows, and hash of each file that was read."""
    layers: dict[tuple[str, str], list[str]] = {}
    for file in site.inputs:
        told = layers.setdefault((file.path, file.sha256), [])
        if file.layer != file.path:  # settings are a file without a layer of its own
            name = layer_name(file.layer, lang)
            told.append(f"{name}{'' if name.endswith('）') else ' '}{file.rows}")
    joint = "、" if lang == "zh" else ", "
    return [(path, joint.join(told), digest) for (path, digest), told in layers.items()]
