"""Where fonts come from, and the small static ones derived from them in the user's cache."""

from __future__ import annotations

import atexit
import hashlib
import importlib.resources
import importlib.util
import io
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from firelane.errors import InputError, Problem

FAMILY = "Firelane Sans SC"
MISSING = "□"
"""What stands for a character that the font lacks."""

_PACKAGE = "justmytype_intl_cjk"
_IN_PACKAGE = ("fonts", "ofl", "notosanssc", "NotoSansSC[wght].ttf")
_DEBIAN = Path("/usr/share/fonts/opentype/noto")
_BOLD_FROM = 600
_CACHE_FORMAT = "1"  # part of every cached file's name; raise it when the recipe below changes
_DROPPED_TABLES = ("GSUB", "GPOS", "GDEF", "STAT", "BASE", "VORG", "vhea", "vmtx", "VVAR", "DSIG")


def font_file(font: str | Path | None = None, *, weight: int = 400) -> tuple[Path, int]:
    """Return the font file in use and the number of the face within it.

    Raises
    ------
    InputError
        If ``font`` is not a readable file, or no Chinese font is at hand.
    """
    if font is not None:
        path = Path(font)
        if not path.is_file():
            raise InputError(
                [Problem("there is no such font file", "name a TTF, OTF or TTC file", str(font))]
            )
        return path, _simplified_face(path)
    if importlib.util.find_spec(_PACKAGE) is not None:
        packed = Path(str(importlib.resources.files(_PACKAGE).joinpath(*_IN_PACKAGE)))
        if packed.is_file():
            return packed, 0
    bold = weight >= _BOLD_FROM
    for name in ("NotoSansCJK-Bold.ttc" if bold else "NotoSansCJK-Regular.ttc", "NotoSansCJK-Regular.ttc"):
        if (_DEBIAN / name).is_file():
            return _DEBIAN / name, _simplified_face(_DEBIAN / name)
    problem = Problem("no Chinese font was found", "install justmytype-intl-cjk, or name a file with --font")
    raise InputError([problem])


def _simplified_face(path: Path) -> int:
    """Return the number of the face with simplified Chinese forms in a collection, else 0."""
    if path.suffix.lower() not in {".ttc", ".otc"}:
        return 0
    from fontTools.ttLib import TTCollection, TTLibError  # noqa: PLC0415

    try:
        with TTCollection(io.BytesIO(path.read_bytes()), lazy=True) as faces:
            names = [str(face["name"].getDebugName(4) or "") for face in faces]
    except (TTLibError, OSError, KeyError, ValueError, AssertionError) as error:
        raise _unreadable(path, error) from error
    return next((n for n, name in enumerate(names) if " SC" in name and "Mono" not in name), 0)


def _unreadable(path: Path, error: Exception) -> InputError:
    message = f"not a font that can be read ({error})"
    return InputError([Problem(message, "name a TTF, OTF or TTC file", str(path))])


def open_font(path: Path, face: int) -> Any:
    """Return one face of a font file as a ``fontTools`` font."""
    from fontTools.ttLib import TTFont  # noqa: PLC0415

    # from memory: a font that turns out to be broken leaves no file open behind it
    return TTFont(io.BytesIO(path.read_bytes()), fontNumber=face, lazy=True, recalcTimestamp=False)


def cache_folder() -> Path:
    """Return the user's cache folder for firelane, by the habits of the operating system.

    ``XDG_CACHE_HOME`` goes first where it is an absolute path.
    """
    xdg = os.environ.get("XDG_CACHE_HOME", "")
    if xdg and Path(xdg).is_absolute():
        return Path(xdg) / "firelane"
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA", "")
        return (Path(local) if local else Path.home() / "AppData" / "Local") / "firelane"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "firelane"
    return Path.home() / ".cache" / "firelane"


@lru_cache(maxsize=1)
def label_characters() -> frozenset[str]:
    """GB 2312 rows 1-9 (punctuation, Latin, digits …) and level 1 (rows 16-55), ASCII, Latin-1."""
    found = {chr(c) for c in (*range(0x20, 0x7F), *range(0xA0, 0x100))} | set(f"{MISSING}≤≥≈㎡–—→")
    for row in (*range(0xA1, 0xAA), *range(0xB0, 0xD8)):
        for cell in range(0xA1, 0xFF):
            found.update(bytes((row, cell)).decode("gb2312", errors="ignore"))
    return frozenset(found)


@lru_cache(maxsize=64)
def instance(characters: tuple[str, ...], font: str | None, weight: int) -> Path:
    """Return a static font file with just ``characters`` at ``weight``, from the cache or made now."""
    source, face = font_file(font, weight=weight)
    base = font is None and set(characters) <= label_characters() | {MISSING}
    key = hashlib.blake2b(digest_size=8)
    key.update(f"{_CACHE_FORMAT}|{face}|{weight}|".encode())
    key.update("".join(characters).encode("utf-8", "surrogatepass"))
    key.update(_digest(source))
    stamp = key.hexdigest()
    family = FAMILY if base else f"{FAMILY} {stamp[:6]}"
    name = f"firelane-sans-{weight}-{stamp}.ttf"
    folder = _writable(_cache_or_none())
    path = folder / name
    if not _sound(path):
        _derived(source, face, characters, weight=weight, family=family, folder=folder).replace(path)
    return path


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _sound(path: Path) -> bool:
    """Tell whether a cached font is there and opens."""
    from fontTools.ttLib import TTLibError  # noqa: PLC0415

    if not path.is_file():
        return False
    try:
        with open_font(path, 0) as ttf:
            return ttf.getBestCmap() is not None
    except (TTLibError, OSError, KeyError, ValueError, AssertionError):
        return False


def _cache_or_none() -> Path | None:
    try:
        return cache_folder() / "fonts"
    except RuntimeError:  # no home folder
        return None


def _writable(folder: Path | None) -> Path:
    """Return ``folder`` if files can be made there, else a temporary one of this process."""
    if folder is not None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                return folder
        except OSError:
            pass
    return _temporary_folder()


@lru_cache(maxsize=1)
def _temporary_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="firelane-fonts-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _derived(
    source: Path, face: int, characters: Iterable[str], *, weight: int, family: str, folder: Path
) -> Path:
    """Subset and instance ``source`` into a temporary file in ``folder``; the caller renames it."""
    from fontTools import subset  # noqa: PLC0415
    from fontTools.ttLib import TTLibError  # noqa: PLC0415
    from fontTools.varLib import instancer  # noqa: PLC0415

    options = subset.Options()
    options.hinting = False
    options.layout_features = []
    options.name_IDs = ["*"]
    options.notdef_outline = True
    options.drop_tables += list(_DROPPED_TABLES)
    try:
        with open_font(source, face) as ttf:
            chooser = subset.Subsetter(options)
            chooser.populate(unicodes=[ord(c) for c in characters])
            chooser.subset(ttf)
            if "fvar" in ttf:
                axes = {axis.axisTag: axis for axis in ttf["fvar"].axes}
                place = {tag: axis.defaultValue for tag, axis in axes.items()}
                if "wght" in axes:
                    place["wght"] = min(max(weight, axes["wght"].minValue), axes["wght"].maxValue)
                instancer.instantiateVariableFont(ttf, place, inplace=True)
            _rename(ttf, family, bold=weight >= _BOLD_FROM)
            handle, temporary = tempfile.mkstemp(prefix=".firelane-", suffix=".tmp", dir=folder)
            with os.fdopen(handle, "wb") as file:
                ttf.save(file, reorderTables=None)
    except (TTLibError, KeyError, ValueError, AssertionError, EOFError) as error:
        raise _unreadable(source, error) from error
    return Path(temporary)


def _rename(ttf: Any, family: str, *, bold: bool) -> None:
    """Give the derived font its own name; copyright and licence (0, 7-14) travel along."""
    table = ttf["name"]
    style = "Bold" if bold else "Regular"
    table.names = [record for record in table.names if record.nameID in {0, 5, 7, 8, 9, 10, 11, 12, 13, 14}]
    postscript = f"{family.replace(' ', '')}-{style}"
    names = {1: family, 2: style, 3: f"firelane;{postscript}", 4: f"{family} {style}", 6: postscript}
    for number, text in names.items():
        table.setName(text, number, 3, 1, 0x409)
    ttf["OS/2"].usWeightClass = 700 if bold else 400
