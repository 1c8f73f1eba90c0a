"""Idioms on arrays that several of the core's files need: vectors, runs, intervals, sorting.

Sorting packs key and index into one integer where both fit: numpy sorts integers several times
faster than it finds the order of floats, and equal keys keep their order.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

TINY_M = 1e-9
"""Lengths below this are rounding, at coordinates within a few kilometres of the local origin."""


def left_normal(vectors: Floats) -> Floats:
    """Return vectors turned by +90°.

    >>> left_normal(np.array([[1.0, 0.0]])).tolist()
    [[-0.0, 1.0]]
    """
    return np.column_stack((-vectors[:, 1], vectors[:, 0]))


def cross(a: Floats, b: Floats) -> Floats:
    """Return the z component of the cross product, row by row."""
    result: Floats = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    return result


def dot(a: Floats, b: Floats) -> Floats:
    """Return the dot product, row by row."""
    result: Floats = a[:, 0] * b[:, 0] + a[:, 1] * b[:, 1]
    return result


def expand(begin: Ints, amount: Ints) -> tuple[Ints, Ints]:
    """Return the owner and the members of runs, one after the other.

    >>> expand(np.array([5, 9]), np.array([2, 1]))
    (array([0, 0, 1]), array([5, 6, 9]))
    """
    stop = np.cumsum(amount)
    total = int(stop[-1]) if len(stop) else 0
    owner = np.repeat(np.arange(len(amount)), amount)
    member = np.repeat(begin - (stop - amount), amount)
    member += np.arange(total)
    return owner, member


def batches(amount: Ints, size: int) -> Iterator[slice]:
    """Yield slices of runs that hold about ``size`` members each."""
    total = np.cumsum(amount)
    cursor = 0
    while cursor < len(amount):
        done = total[cursor - 1] if cursor else 0
        until = max(int(np.searchsorted(total, done + size, "right")), cursor + 1)
        yield slice(cursor, until)
        cursor = until


def covered(low: Floats, high: Floats, values: Floats, size: int = 1_000_000) -> Iterator[tuple[Ints, Ints]]:
    """Yield pairs of an interval and a value inside it (ends included), about ``size`` at a time.

    For many intervals and few values, in any order: what lies level with a few rays or posts.

    Examples
    --------
    >>> list(covered(np.array([0.0, 2.0]), np.array([1.0, 3.0]), np.array([5.0, 2.5, 1.0])))
    [(array([0, 1]), array([2, 1]))]
    """
    order = np.argsort(values, kind="stable")
    ranked = values[order]
    begin = np.searchsorted(ranked, low, "left")
    amount = np.searchsorted(ranked, high, "right") - begin
    busy = np.flatnonzero(amount > 0)
    for part in batches(amount[busy], size):
        some = busy[part]
        owner, member = expand(begin[some], amount[some])
        yield some[owner], order[member]


def order_of(key: Ints) -> Ints:
    """Return the stable order of integers that are not negative.

    >>> order_of(np.array([3, 1, 3, 0])).tolist()
    [3, 1, 0, 2]
    """
    if not len(key):
        return np.zeros(0, np.int64)
    bits = int(len(key) - 1).bit_length()
    if int(key.max()).bit_length() + bits > 63:
        return np.argsort(key, kind="stable")
    packed = (key << bits) | np.arange(len(key))
    packed.sort()
    packed &= (1 << bits) - 1
    return packed


def order_by(key: Ints, *rest: Floats) -> Ints:
    """Return the order by an integer key and, where it ties, by the other columns in turn.

    >>> order_by(np.array([1, 0, 1]), np.array([2.0, 9.0, 1.0])).tolist()
    [1, 2, 0]
    """
    order = order_of(key)
    ranked = key[order]
    tie = ranked[1:] == ranked[:-1]
    member = np.flatnonzero(np.r_[tie, False] | np.r_[False, tie])
    if len(member):
        some = order[member]
        order[member] = some[np.lexsort((*(column[some] for column in rest[::-1]), key[some]))]
    return order


def place_hash(xy: Floats) -> npt.NDArray[np.uint64]:
    """Return a number for each place that differs, but for one case in 2**64, where the place does."""
    bits = np.ascontiguousarray(xy + 0.0).view(np.uint64)  # -0.0 becomes 0.0
    mixed = bits[:, 0] * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(29)
    mixed += bits[:, 1]
    mixed *= np.uint64(0xC2B2AE3D27D4EB4F)
    return mixed ^ (mixed >> np.uint64(32))


def place_numbers(xy: Floats) -> Ints:
    """Return numbers of places, equal exactly where the coordinates are.

    >>> place_numbers(np.array([[1.0, 2.0], [0.0, 2.0], [1.0, 2.0]])).tolist() in ([0, 1, 0], [1, 0, 1])
    True
    """
    _, first, number = np.unique(place_hash(xy), return_index=True, return_inverse=True)
    if not np.array_equal(xy[first[number]], xy):  # two places with one hash
        _, number = np.unique(xy + 0.0, axis=0, return_inverse=True)
    return number.astype(np.int64).ravel()
