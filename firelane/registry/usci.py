"""The unified social credit code (统一社会信用代码) of GB 32100-2015: 18 characters, the last of which checks the others."""

from __future__ import annotations

import unicodedata

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The 31 characters of the code: no I, O, S, V, Z."""
_WEIGHTS = tuple(pow(3, n, 31) for n in range(17))
_ORGANISATION = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def normal(text: str) -> str:
    """Return a code as it is kept: half-width capitals without blanks.

    >>> normal(" ９1210100ma0x1y2z3t ")
    '91210100MA0X1Y2Z3T'
    """
    return "".join(unicodedata.normalize("NFKC", text).upper().split())


def check_character(first: str) -> str:
    """Return the 18th character for the 17 before it.

    >>> check_character("91350100M000100Y4")
    '3'
    """
    total = sum(ALPHABET.index(c) * w for c, w in zip(first, _WEIGHTS, strict=True))
    return ALPHABET[(31 - total % 31) % 31]


def organisation_check(first: str) -> str:
    """Return the check character of the 8 characters of an organisation code (GB 11714), the 9th to 16th of a code.

    >>> organisation_check("D2143569")
    'X'
    """
    total = sum(_ORGANISATION.index(c) * w for c, w in zip(first, _ORGANISATION_WEIGHTS, strict=True))
    rest = 11 - total % 11
    return "X" if rest == 10 else "0" if rest == 11 else str(rest)


def usci_problem(text: str) -> tuple[str, str] | None:
    """Return what is wrong with a code (Chinese, English); None if nothing is.

    >>> usci_problem("91350100M000100Y43") is None
    True
    >>> usci_problem("91350100M000100Y44")[1]
    'the last character should be 3: a digit is wrong or two are exchanged'
    """
    code = normal(text)
    if len(code) != 18:
        return f"有 {len(code)} 个字符，应为 18 个", f"it has {len(code)} characters, expected 18"
    odd = sorted({c for c in code if c not in ALPHABET})
    if odd:
        shown = "".join(c if c.isprintable() else "�" for c in odd)
        return f"含有不允许的字符 {shown}（不使用 I、O、S、V、Z）", f"it holds {shown}: codes have no I, O, S, V, Z"
    if not code[2:8].isdigit():
        return "第 3 至 8 位（登记机关行政区划码）应为数字", "characters 3 to 8, the region, should be digits"
    right = check_character(code[:17])
    if code[17] != right:
        return (
            f"校验位应为 {right}：有一位写错或两位写反",
            f"the last character should be {right}: a digit is wrong or two are exchanged",
        )
    return None


def made(region: str, number: str, kind: str = "91") -> str:
    """Return a code that checks, for samples and tests: kind (2), region (6 digits), organisation (8 characters).

    >>> usci_problem(made("210100", "MA0X1Y2J")) is None
    True
    """
    first = f"{kind}{region}{number}{organisation_check(number)}"
    return first + check_character(first)
