"""The QR code of a picture: what it opens, how large it is printed, and how it is drawn."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote, urlsplit

import numpy as np
import segno
import shapely

from firelane import crs as crs_tools
from firelane.errors import UsageError
from firelane.webmap import ink, side
from firelane.webmap.texts import lonlat

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from firelane.auditing import Audit
    from firelane.site.model import Site
    from firelane.vocabulary import Lang

QUIET_MODULES = 4
"""Width of the empty rim that ISO/IEC 18004 asks for, in modules."""
LEAST_MM, LEAST_MODULE_MM = 22.0, 0.5
"""A code is printed no smaller than this, and none of its modules is: phones read both at arm's length."""
MOST_SIGNS = 400
"""A longer link makes a code too dense for a page."""


@dataclass(frozen=True)
class Code:
    """One QR code.

    Attributes
    ----------
    opens : {"map", "amap", "geo"}
        The map page, the place in Amap (inside China), or the place in whatever map program the phone has.
    content : str
        What stands in the code.
    dark : ndarray of bool, shape (n, n)
        Its modules, without the quiet zone; the first row is the upper one.
    lonlat : (float, float) or None
        The place, WGS 84 [deg]; None where the code opens the page.
    """

    opens: Literal["map", "amap", "geo"]
    content: str
    dark: NDArray[np.bool_]
    lonlat: tuple[float, float] | None = None

    @property
    def modules(self) -> int:
        """Modules along one side, the quiet zone included."""
        return len(self.dark) + 2 * QUIET_MODULES

    @property
    def side_mm(self) -> float:
        """Least size on paper, the quiet zone included [mm]."""
        return self.modules * max(LEAST_MM / len(self.dark), LEAST_MODULE_MM)


def code(content: str, opens: Literal["map", "amap", "geo"], lonlat: tuple[float, float] | None = None) -> Code:
    """Return the QR code of a text, error level M."""
    made = segno.make_qr(content, error="m", boost_error=False)
    return Code(opens, content, np.array([list(row) for row in made.matrix], dtype=np.bool_), lonlat)


def code_of(audit: Audit, link: str | None = None) -> Code | None:
    """Return the code for a picture of a site: the served map, else the place; None for a site that is not placed.

    Raises
    ------
    UsageError
        If ``link`` is no link of a served page, see :func:`checked_link`.
    """
    if link is not None:
        return code(checked_link(link), "map")
    place = place_of(audit.site)
    return None if place is None else place_code(place)


def place_code(place: tuple[float, float]) -> Code:
    """Return the code that opens a place given in WGS 84 [lon, lat].

    Inside China it is Amap's marker link, in GCJ-02 as that map is; elsewhere a ``geo:`` link (RFC 5870, WGS 84).
    """
    shifted = crs_tools.wgs84_to_gcj02(place)
    if np.array_equal(shifted, np.asarray(place)):
        return code(f"geo:{place[1]:.6f},{place[0]:.6f}", "geo", place)
    position = f"{shifted[0]:.6f},{shifted[1]:.6f}"
    return code(f"https://uri.amap.com/marker?position={position}&coordinate=gaode&callnative=1", "amap", place)


def place_of(site: Site) -> tuple[float, float] | None:
    """Return the middle of a site as WGS 84 [lon, lat]; None where nobody knows where it lies."""
    west, south, east, north = site.bounds
    if not site.placed:
        return None
    lon, lat = (float(v) for v in crs_tools.to_lonlat(((west + east) / 2, (south + north) / 2), site.crs))
    return (lon, lat) if math.isfinite(lon) and math.isfinite(lat) else None


def checked_link(link: str) -> str:
    """Return the link of a served map page as a code holds it: pure ASCII.

    Raises
    ------
    UsageError
        If it is no ``https`` link to a page, names a user, has a fragment, or is longer than ``MOST_SIGNS``.
    """
    wrong = f"the link {link[:80]!r} cannot be used: "
    try:
        parts = urlsplit(link)
        host = (parts.hostname or "").encode("idna").decode("ascii")
        port = "" if parts.port is None else f":{parts.port}"
    except (ValueError, UnicodeError) as error:
        raise UsageError(wrong + "it is no address of a page", "链接无效：不是网页地址") from error
    if any(sign.isspace() or not sign.isprintable() for sign in link) or parts.scheme != "https" or not host:
        raise UsageError(wrong + "an https:// address of a page is expected", "链接无效：应为 https:// 开头的网页地址")
    if parts.username is not None or parts.password is not None:
        raise UsageError(wrong + "leave the user's name out of it", "链接无效：请去掉其中的用户名")
    if parts.fragment or link.endswith("#"):
        raise UsageError(wrong + "leave away what follows #", "链接无效：请去掉 # 及其后的内容")
    query = f"?{quote(parts.query, safe=_SAFE + '?')}" if parts.query else ""
    plain = f"https://{host}{port}{quote(parts.path, safe=_SAFE)}{query}"
    if len(plain) > MOST_SIGNS:
        raise UsageError(
            f"{wrong}it is longer than {MOST_SIGNS} characters", f"链接过长：最多 {MOST_SIGNS} 个字符"
        )
    return plain


_SAFE = "%/:@!$&'()*+,;=~"


def finding_link(link: str, finding_id: str) -> str:
    """Return the link that opens the served map at one finding.

    >>> finding_link("https://example.org/map.html", "sy2020-10-gate:E2")
    'https://example.org/map.html#sy2020-10-gate%3AE2'
    """
    return f"{checked_link(link)}#{quote(finding_id, safe='')}"


def caption(shown: Code, words: Mapping[str, str], lang: Lang) -> tuple[str, str]:
    """Return what a code opens: a sentence, and the address or the place."""
    detail = shown.content if shown.lonlat is None else lonlat(shown.lonlat, lang)
    return words[f"qr_{shown.opens}"], detail.removeprefix("https://")


def draw(axes: Any, shown: Code, corner: tuple[float, float], size: float) -> None:
    """Draw a code with its quiet zone, ``size`` wide, its upper left corner at ``corner``; y runs downwards.

    Modules of one colour are one area: no viewer shows seams between them.
    """
    from matplotlib.patches import PathPatch, Rectangle  # noqa: PLC0415

    step = size / shown.modules
    rows, columns = np.nonzero(shown.dark)
    east, south = columns + QUIET_MODULES, rows + QUIET_MODULES
    area = shapely.union_all(shapely.box(east, south, east + 1, south + 1))
    placed = shapely.transform(area, lambda xy: xy * step + np.asarray(corner))
    sharp: Any = {"antialiased": False, "linewidth": 0, "edgecolor": "none", "snap": False}
    axes.add_patch(Rectangle(corner, size, size, facecolor="white", zorder=30, **sharp))
    axes.add_patch(PathPatch(ink.compound(placed), facecolor="black", zorder=31, **sharp))


def fitted_address(text: str, columns: float) -> list[str]:
    """Return an address in at most two lines; what is left out of its middle is marked."""
    lines = side.wrapped(text, columns)
    if len(lines) <= 2:
        return lines
    return [lines[0], "…" + text[-(int(columns / 0.55) - 2) :]]
