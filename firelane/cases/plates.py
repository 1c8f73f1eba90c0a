"""Number plates in texts (车牌号): all but the last two characters of the number are covered.

The forms are those of GA 36 (civil, new-energy, police 警, trailer 挂, coach 学, consulate 领, Hong Kong and Macau 港 澳,
temporary 临, test 试, oversize 超), of embassies (使), of fire-rescue vehicles (应急), of the armed police (WJ) and of the
armed forces, old (军A12345) and new (VA12345): as known to this project, to be confirmed 待确认. They are met in texts
that people type: full-width, in lower case, with dots, hyphens and spaces.
"""

from __future__ import annotations

import re
from collections.abc import Collection

_PROVINCE = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼滬蘇贛魯粵瓊雲陝寧閩貴遼"
_FORCES = "军空海北沈兰济南广成"
_SUFFIX = "(?:应急|[警挂学领港澳试超临])"
_GAP = r"[ \t\u00a0\u200b\u2060·•・‧∙⋅●.\-–—_]{0,3}"  # between province, letter and number
_SEP = r"[ \u00a0\u200b\u2060·•・‧∙⋅.\-–—]?"  # within the number
_C = "[0-9A-Z]"
_END = "(?![0-9A-Z*])"


def _run(character: str, count: int) -> str:
    """Return a pattern of ``count`` characters with at most one separator between two."""
    return character + f"{_SEP}{character}" * (count - 1)


_NEW_ENERGY = f"(?:[A-Z]{_SEP}{_C}{_SEP}{_run('[0-9]', 4)}|{_run('[0-9]', 5)}{_SEP}[A-Z])"
_TAIL = f"(?:{_run(_C, 4)}{_SEP}(?={_SUFFIX})|{_NEW_ENERGY}{_END}|{_run(_C, 5)}{_END}|{_C}{{6}}{_END})"
_PLATE = re.compile(
    "|".join(
        (
            rf"(?<![0-9A-Z])WJ{_GAP}[{_PROVINCE}]{_GAP}(?P<armed>{_run(_C, 5)}){_END}",
            rf"(?<![0-9A-Z_:/-])WJ{_GAP}[0-9]{{2}}{_GAP}(?P<armed_old>{_run('[0-9]', 4)}(?:{_SEP}{_C})?){_END}",
            # A standard is no plate: 新GB50016 (GB 5xxxx: engineering standards) reads as 新G·B50016 otherwise.
            rf"(?!新GB ?5[0-9]{{4}}{_END})[{_PROVINCE}]{_GAP}[A-Z]{_GAP}(?P<civil>{_TAIL})",
            rf"[{_FORCES}]{_GAP}[A-Z]{_GAP}(?P<forces_old>{_run('[0-9]', 5)}){_END}",
            rf"(?<![致促即迫驱假0-9A-Z])使{_SEP}(?P<embassy>{_run('[0-9]', 6)})(?![0-9A-Z.]|{_SEP}[元米吨人户])",
            rf"(?<![0-9A-Z.\-–_:/])(?P<embassy_new>{_run('[0-9]', 6)}){_SEP}使(?![用得其人馆者命])",
            r"(?<![0-9A-Z_:/.\-])(?!GB)[VKHBSLJNGCE][A-Z](?:[ ·•・‧∙⋅]?)(?P<forces>[0-9]{5})(?![0-9A-Z*]|[_:/-][0-9A-Z]|[.][0-9])",
        )
    )
)  # fmt: skip
_LEFT = 2
"""How many characters at the end stay readable, so that two cases can be told apart."""

_FOLDED = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | {0x3000: " "}
_FOLDED |= {ord(c): c.upper() for c in "abcdefghijklmnopqrstuvwxyz"}
_FOLDED |= {code + 0xFEE0: chr(code - 32) for code in range(ord("a"), ord("z") + 1)}


def mask_plates(text: str, *, keep: Collection[str] = ()) -> str:
    """Return ``text`` with every number plate covered but for its last two characters.

    Parameters
    ----------
    text : str
        Free text. Everything that is no plate stays as it is, to the character.
    keep : collection of str, optional
        Ids that are known to be none, though they look so: two letters and five digits may be an obstruction's id as
        well as a vehicle of the armed forces.

    >>> mask_plates("辽A12345 停在消防车通道上"), mask_plates("辽A·D12345"), mask_plates("净宽 4.000 米，C-2026-000001")
    ('辽A***45 停在消防车通道上', '辽A·****45', '净宽 4.000 米，C-2026-000001')
    """
    folded = text.translate(_FOLDED)  # one character for one: places stay the same
    parts: list[str] = []
    done = 0
    for match in _PLATE.finditer(folded):
        name = match.lastgroup
        if name is None or text[slice(*match.span())] in keep:
            continue
        start, end = match.span(name)
        number = [i for i in range(start, end) if folded[i].isascii() and folded[i].isalnum()]
        if sum(folded[i].isdigit() for i in number) < 2:
            continue  # a word in Latin letters
        covered = set(number[:-_LEFT])
        parts.append(text[done:start])
        parts.extend("*" if i in covered else text[i] for i in range(start, end))
        done = end
    return "".join((*parts, text[done:]))
