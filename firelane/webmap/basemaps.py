"""Backgrounds for a map that is looked at with a network: which tiles, of whom, with which offset."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from firelane.crs.data import data
from firelane.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from firelane.vocabulary import Lang

KEY_VARIABLE = "FIRELANE_TIANDITU_KEY"
"""Environment variable that holds the user's key for Tianditu."""
NAMES = ("tianditu", "osm", "gaode")
"""Backgrounds known by name."""

_KEY = re.compile(r"[A-Za-z0-9]{8,64}")
# What may stand in a content security policy as an origin: a name or an IPv4 address, and a port.
_ORIGIN = re.compile(r"https?://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?")
_PLACES = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Basemap:
    """Background tiles, drawn in the order of ``urls``.

    Attributes
    ----------
    key : str
        ``tianditu``, ``osm``, ``gaode`` or ``own``.
    urls : tuple of str
        Addresses with ``{z}``, ``{x}``, ``{y}`` (or ``{-y}``: rows from the south) and, where there are several hosts,
        ``{s}``. The user's key stands in them.
    hosts : tuple of str
        What ``{s}`` may be.
    origins : tuple of str
        The only places from which the page may load a picture.
    max_zoom : int
        Greatest zoom of the tiles; from there on they are enlarged.
    gcj02 : bool
        Whether the tiles bear the offset of GCJ-02.
    name, attribution : (str, str)
        Chinese and English.
    """

    key: str
    urls: tuple[str, ...]
    hosts: tuple[str, ...]
    origins: tuple[str, ...]
    max_zoom: int
    gcj02: bool
    name: tuple[str, str]
    attribution: tuple[str, str]

    def as_json(self, lang: Lang = "zh") -> dict[str, Any]:
        """Return what the page needs to draw the tiles."""
        column = 0 if lang == "zh" else 1
        return {
            "key": self.key, "urls": list(self.urls), "hosts": list(self.hosts), "max_zoom": self.max_zoom,
            "gcj02": self.gcj02, "name": self.name[column], "attribution": self.attribution[column],
        }  # fmt: skip


@lru_cache(maxsize=1)
def _known() -> Mapping[str, Mapping[str, Any]]:
    text = resources.files("firelane.webmap").joinpath("basemaps.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def basemap(name: str | None, *, key: str | None = None) -> Basemap | None:
    """Return a background by its name or the address of its tiles.

    Parameters
    ----------
    name : str or None
        ``"none"`` (or None), ``"tianditu"``, ``"osm"``, ``"gaode"``, or an address such as
        ``https://tiles.example.cn/{z}/{x}/{y}.png`` whose tiles bear no offset.
    key : str, optional
        The user's own key for Tianditu. It can be read in the finished file.

    Returns
    -------
    Basemap or None
        None for ``"none"``.

    Raises
    ------
    UsageError
        If the name is unknown, the address cannot be used, or a key is missing or cannot be one.

    Examples
    --------
    >>> basemap("http://10.0.0.8:8080/{z}/{x}/{y}.png").origins
    ('http://10.0.0.8:8080',)
    """
    if name is None or name == "none":
        return None
    if name not in NAMES:
        if "{" not in name and "/" not in name:
            known = ", ".join(("none", *NAMES))
            raise UsageError(f"unknown background {name!r}: use {known}, or an address of tiles with {{z}}, {{x}} and {{y}}")
        return _own(name)
    row = _known()[name]
    token = _checked_key(key) if row["needs_key"] else ""
    urls = tuple(url.replace("{key}", token) for url in row["urls"])
    hosts = tuple(row["hosts"])
    origins = {_origin(url.replace("{s}", host)): None for url in urls for host in hosts or ("",)}
    return Basemap(
        key=name, urls=urls, hosts=hosts, origins=tuple(origins), max_zoom=row["max_zoom"], gcj02=row["gcj02"],
        name=(row["name_zh"], row["name_en"]), attribution=(row["attribution_zh"], row["attribution_en"]),
    )  # fmt: skip


def _checked_key(key: str | None) -> str:
    if not key:
        raise UsageError(
            f"Tianditu needs a key of your own: give --tianditu-key, or set {KEY_VARIABLE}; ask for one of the kind "
            "“browser” at console.tianditu.gov.cn"
        )
    if re.search(r"\s", key):
        # The service would answer every tile with HTTP 418, and nobody would know why.
        raise UsageError("the Tianditu key holds white space: give it without, as the service refuses it otherwise")
    if not _KEY.fullmatch(key):
        raise UsageError("this cannot be a Tianditu key: one consists of letters and digits (usually 32)")
    return key


def _own(url: str) -> Basemap:
    wrong = f"the address of the tiles {_shown(url)!r} cannot be used: "
    if re.search(r"[\s\x00-\x1f\x7f-\x9f\"'<>\\`;,]", url):
        raise UsageError(wrong + "it holds white space, quotes or other signs that no address holds; write them as %20 and so on")
    places = _PLACES.findall(url)
    if sorted(places) not in (["x", "y", "z"], ["-y", "x", "z"]) or "{" in _PLACES.sub("", url) or "}" in _PLACES.sub("", url):
        raise UsageError(wrong + "it must hold {z}, {x} and {y} (or {-y} where rows count from the south), each once, and no other {…}")
    origin = _origin(url)
    row, host = _known()["own"], origin.partition("://")[2]
    return Basemap(
        key="own", urls=(url,), hosts=(), origins=(origin,), max_zoom=row["max_zoom"], gcj02=False,
        name=(row["name_zh"], row["name_en"]),
        attribution=(row["attribution_zh"].replace("{host}", host), row["attribution_en"].replace("{host}", host)),
    )  # fmt: skip


def _origin(url: str) -> str:
    """Return scheme, host and port of an address, as a content security policy takes them."""
    wrong = f"the address of the tiles {_shown(url)!r} cannot be used: "
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UsageError(f"{wrong}{error}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(wrong + "it must begin with https:// or http:// and a host")
    if parts.username is not None or parts.password is not None:
        raise UsageError(wrong + "a user name or password would stand in the finished file for all to read")
    origin = f"{parts.scheme}://{parts.hostname}" + (f":{port}" if port is not None else "")
    if not _ORIGIN.fullmatch(origin):
        raise UsageError(wrong + "its host must be a plain name or an IPv4 address (international names in their xn-- form)")
    return origin


def _shown(text: str) -> str:
    short = re.sub(r"[\x00-\x1f\x7f-\x9f]", "?", text)
    return short if len(short) <= 120 else short[:119] + "…"


def offset() -> dict[str, float]:
    """Return the constants of GCJ-02 for the page: axis [m], eccentricity squared, rectangle [deg], iterations.

    They are those of :mod:`firelane.crs.offset`, so that page and command line agree.
    """
    return dict(data()["offset_datums"])
