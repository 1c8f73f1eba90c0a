"""Addresses as text: what is one, what of it may be shown, and what lies below or beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from urllib.parse import unquote

_SCHEME = r"[A-Za-z][A-Za-z0-9+.\-]+"  # two letters at least: C:\ is a drive
_ADDRESS = re.compile(rf"(?:{_SCHEME}::)*{_SCHEME}://")
_IN_TEXT = re.compile(rf"(?:{_SCHEME}::)*{_SCHEME}://[^\s'\"<>，。；：（）《》“”、]+")
_SIDECARS: Mapping[str, tuple[str, ...]] = {".shp": (".shx", ".dbf", ".prj", ".cpg")}


def is_address(text: str) -> bool:
    r"""Tell whether ``text`` is an address rather than a path.

    >>> is_address("s3://city/sites"), is_address("zip://a.gpkg::https://host/b.zip"), is_address("file:///data")
    (True, True, True)
    >>> is_address("data/site"), is_address(r"C:\data"), is_address("c://data"), is_address("")
    (False, False, False, False)
    """
    return _ADDRESS.match(text) is not None


def shown(address: str) -> str:
    """Return the address as tables and logs may show it: without user, password, query and fragment.

    >>> shown("https://user:secret@host:8080/a/b.gpkg?token=abc#x")
    'https://host:8080/a/b.gpkg'
    >>> shown("simplecache::s3://bucket/a@b.gpkg"), shown("data/site")
    ('simplecache::s3://bucket/a@b.gpkg', 'data/site')
    """
    return "::".join(_shown(link) for link in address.split("::")) if is_address(address) else address


def _shown(link: str) -> str:
    head, mark, rest = link.partition("://")
    if not mark:
        return link
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "@" not in authority and re.match(r"[^:]*:(?!\d+$)", authority):
        rest = rest.rpartition("@")[2]  # a password that should have been escaped
    else:
        rest = rest[authority.rfind("@") + 1 :]
    return f"{head}://" + re.split(r"[?#]", rest, maxsplit=1)[0]


def scrubbed(text: str) -> str:
    """Return ``text`` with every address in it as :func:`shown`.

    >>> scrubbed("403 for 'https://u:p@h/x.gpkg?sig=1', try again")
    "403 for 'https://h/x.gpkg', try again"
    """
    return _IN_TEXT.sub(lambda found: shown(found.group()), text)


def join(address: str, *names: str) -> str:
    """Return the address of ``names`` below ``address``.

    >>> join("s3://city/out/", "shards", "00/a.arrow"), join("https://h/out?sig=1", "a")
    ('s3://city/out/shards/00/a.arrow', 'https://h/out/a?sig=1')
    """
    path, mark, query = address.partition("?")
    return "/".join([path.rstrip("/"), *(name.strip("/") for name in names)]) + mark + query


def name_of(address: str) -> str:
    """Return the last part of the address, as a file or a folder on disk may be called.

    >>> name_of("s3://city/sites/north 1/"), name_of("https://h/%E5%8C%97.gpkg?sig=1")
    ('north 1', '北.gpkg')
    """
    head, _, path = shown(address).split("::")[0].partition("://")
    name = PurePosixPath(path).name
    name = unquote(name) if head.lower() in ("http", "https") else name
    return name if harmless(name) else "site"


def beside(name: str, address: str) -> Sequence[str]:
    """Return the names of the files that may belong to one called ``name``.

    An address that was signed for one file opens that one alone.
    """
    if "?" in address:
        return ()
    stem, dot, ending = name.rpartition(".")
    stem = stem if dot else name
    further = [f"{stem}{suffix}" for suffix in _SIDECARS.get(f".{ending.lower()}", ())]
    plain = stem[:-4] if ending.lower() == "pbf" and stem.lower().endswith(".osm") else stem
    return [*further, f"{plain}.site.toml"]


def harmless(part: str) -> bool:
    """Tell whether ``part`` is the name of one file on every system, and leads nowhere else."""
    return bool(part) and part not in (".", "..") and not re.search(r'[\x00-\x1f\x7f/\\:*?"<>|]', part)
