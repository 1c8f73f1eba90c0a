"""Numbers and short cells as a report writes them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firelane.vocabulary import Lang


def numbers_in_short(numbers: Sequence[int], comma: str = ", ") -> str:
    """Return numbers in short.

    >>> numbers_in_short([2, 3, 4, 7])
    '2–4, 7'
    """
    runs: list[list[int]] = []
    for n in numbers:
        if runs and n == runs[-1][-1] + 1:
            runs[-1].append(n)
        else:
            runs.append([n])
    return comma.join(
        str(r[0]) if len(r) == 1 else f"{r[0]}–{r[-1]}" if len(r) > 2 else f"{r[0]}{comma}{r[1]}"
        for r in runs
    )


def round_up(length_m: float) -> str:
    """Return a length that is required, rounded up to the millimetre.

    >>> round_up(140.9381), round_up(4.0)
    ('140.939', '4.000')
    """
    return f"{math.ceil((length_m - 1e-6) * 1000 - 1e-9) / 1000:.3f}"


def on_one_line(text: str, lang: Lang) -> str:
    r"""Return the lines of a cell on one line.

    >>> on_one_line("forbidden\n≥ 4.000 m", "en")
    'forbidden; ≥ 4.000 m'
    """
    return text.replace("\n", "；" if lang == "zh" else "; ")
