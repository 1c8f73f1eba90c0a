"""Small numbers as Chinese writes them (中文数字)."""

from __future__ import annotations

_DIGITS = "零一二三四五六七八九"


def numeral(n: int, *, counting: bool = False) -> str:
    """Return a number from 0 to 99 in Chinese, others in digits.

    Parameters
    ----------
    n : int
    counting : bool
        Before a measure word two is 两.

    >>> numeral(7), numeral(2, counting=True), numeral(10), numeral(12), numeral(26), numeral(100)
    ('七', '两', '十', '十二', '二十六', '100')
    """
    if counting and n == 2:
        return "两"
    if not 0 <= n <= 99:
        return str(n)
    tens, ones = divmod(n, 10)
    if not tens:
        return _DIGITS[ones]
    return f"{_DIGITS[tens] if tens > 1 else ''}十{_DIGITS[ones] if ones else ''}"
