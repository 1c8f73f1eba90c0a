"""Which entities of a plan feed which of our layers: what ``site.toml`` declares, else what names suggest."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from firelane.site.cad.patterns import LONGEST_NAME, Pattern, match_block, match_layer
from firelane.site.cad.plan import Plan
from firelane.site.config import Feed
from firelane.site.values import plain

Objects = NDArray[np.object_]
Mask = NDArray[np.bool_]
Ints = NDArray[np.int64]

COLUMNS = ("layer", "block", "text", "colour", "linetype", "entity", "handle")
"""Columns that every CAD table has for ``where`` and ``columns``; the tags of block attributes come after them."""
_ROLES = {"roads": "outline", "road_lines": "centreline", "kerbs": "kerb", "fire_lanes": "area", "buildings": "area",
          "parking": "area"}  # fmt: skip
TEXTS = frozenset({"TEXT", "MTEXT", "ATTRIB"})


@dataclass(frozen=True)
class Claim:
    """Entities that feed one of our layers, and how they are meant.

    Attributes
    ----------
    feed : Feed
        That of ``site.toml``, or one made up for a proposal.
    layer : str
        Ours.
    role : str
        See ``patterns.toml``.
    rows : ndarray of int
        Rows of the plan, ascending.
    values : Mapping
        Columns of ours that a name tells.
    block : Pattern or None
        What the blocks among the rows show, where their name tells.
    declared : bool
        Whether ``site.toml`` says so.
    """

    feed: Feed
    layer: str
    role: str
    rows: Ints
    values: Mapping[str, Any] = field(default_factory=dict)
    block: Pattern | None = None
    declared: bool = False


def claims(plan: Plan, feeds: Mapping[str, Sequence[Feed]]) -> list[Claim]:
    """Return every claim: declared ones first, then proposals for the layers of ours that nothing is declared for.

    Parameters
    ----------
    feeds : Mapping
        Layer of ours → feeds of ``site.toml``. One whose source is no layer of this plan is left to others.
    """
    declared = [claim for layer, own in feeds.items() for feed in own for claim in _declared(plan, layer, feed)]
    return declared + _proposals(plan, frozenset(feeds))


def rows_by_layer(plan: Plan) -> dict[str, Ints]:
    """Return the rows on each layer that has any, ascending."""
    # By hashes: as an array of text each row would take the room of the longest name.
    where, names = pd.factorize(plan.layer)
    order = np.argsort(where, kind="stable").astype(np.int64)
    groups = np.split(order, np.cumsum(np.bincount(where, minlength=len(names)))[:-1]) if len(names) else []
    return dict(sorted(zip((str(name) for name in names), groups, strict=True)))


# --- declared ----------------------------------------------------------------------------------------


def _declared(plan: Plan, layer: str, feed: Feed) -> Iterator[Claim]:
    names = [name for name in plan.layers if _named(name, wildcard(feed.source, plan.path.name))]
    if not names:
        return
    on = rows_by_layer(plan)
    mask = np.zeros(len(plan), dtype=bool)
    mask[np.concatenate([on[name] for name in names if name in on] or [np.empty(0, np.int64)])] = True
    mask &= _chosen(plan, feed)
    # A pattern may know how such a layer is meant, and what its name tells: what the user says goes before it.
    matches = [match.pattern for name in names if (match := match_layer(name)) is not None]
    known = next((pattern for pattern in matches if pattern.ours == layer), None)
    role = known.role if known is not None else _ROLES.get(layer, "thing")
    told = {} if known is None else known.values  # noqa: PD011  (a field of ours, no table of pandas)
    values = {name: value for name, value in told.items() if name not in feed.columns}
    yield Claim(feed, layer, role, np.flatnonzero(mask), values, declared=True)


def _named(name: str, wanted: re.Pattern[str]) -> bool:
    """Tell whether a layer's name fits; of one that is longer than CAD allows, the beginning counts."""
    return wanted.fullmatch(name[:LONGEST_NAME]) is not None


def wildcard(source: str, file: str) -> re.Pattern[str]:
    """Return an expression for a layer's name in which ``*`` and ``?`` stand for any text and any character.

    >>> bool(wildcard("道路*", "plan.dxf").fullmatch("道路边线")), bool(wildcard("A[1]", "p.dxf").fullmatch("a[1]"))
    (True, True)
    """
    name = source[len(file) + 1 :] if source.lower().startswith(f"{file.lower()}:") else source
    parts = (".*" if c == "*" else "." if c == "?" else re.escape(c) for c in name)
    # Stars side by side say no more than one, and take much longer to be sure of it.
    return re.compile(re.sub(r"(?:\.\*)+", ".*", "".join(parts)), re.IGNORECASE | re.DOTALL)


def _chosen(plan: Plan, feed: Feed) -> Mask:
    mask = np.ones(len(plan), dtype=bool)
    for wanted, allowed in feed.where.items():
        values = cad_column(plan, wanted, np.arange(len(plan)))
        if values is None:
            continue  # the table will not have that column either, and whoever filters it says so
        words = {plain(value).strip() for value in allowed}
        mask &= np.array([value is not None and plain(value).strip() in words for value in values], dtype=bool)
    return mask


def cad_column(plan: Plan, name: str, rows: Ints) -> Objects | None:
    """Return a CAD column of some rows: one of ``COLUMNS``, or an attribute's tag; None where there is no such column.

    The parts of a block have the attributes of its INSERT.
    """
    word = name.lower()
    known = {"layer": plan.layer, "block": plan.block, "text": plan.text, "colour": plan.colour, "linetype": plan.linetype,
             "entity": plan.kind, "handle": plan.handle}  # fmt: skip
    if word in known:
        return np.asarray(known[word][rows], dtype=object)
    tagged = _tags(plan).get(word)
    if tagged is None:
        return None
    insert = np.where(plan.insert >= 0, plan.insert, np.arange(len(plan)))[rows]
    return np.array([_attribute(plan.attributes[n], word) for n in insert], dtype=object)


def _attribute(values: Mapping[str, str] | None, word: str) -> str | None:
    return next((value for tag, value in (values or {}).items() if tag.lower() == word), None)


def _tags(plan: Plan) -> dict[str, str]:
    """Return the tags of all block attributes: lower case → as written."""
    given = (values for values in plan.attributes if values)
    return {tag.lower(): tag for values in given for tag in values}


def cad_columns(plan: Plan, feed: Feed, rows: Ints) -> dict[str, Objects]:
    """Return the CAD columns that a feed asks for, of some rows.

    Where it asks for one that is not there, all that are there stand in the table, for the message.
    """
    asked = {name.lower() for name in (*feed.where, *feed.columns.values()) if name}
    found = {name: cad_column(plan, name, rows) for name in asked}
    if any(values is None for values in found.values()):
        found |= {name: cad_column(plan, name, rows) for name in (*COLUMNS, *_tags(plan))}
    return {name: values for name, values in found.items() if values is not None}


# --- proposals ---------------------------------------------------------------------------------------


def block_claims(plan: Plan, taken: frozenset[str]) -> list[Claim]:
    """Return the blocks whose names tell what they show, one claim per layer and block.

    A layer that holds no things of the site (its legend, say) is none of theirs; one that is switched off neither.
    """
    top = np.flatnonzero((plan.kind == "INSERT") & (plan.insert < 0))
    found: dict[tuple[str, str], list[int]] = {}
    for n in top.tolist():
        found.setdefault((str(plan.layer[n]), str(plan.block[n])), []).append(n)
    out = []
    for (layer, block), rows in sorted(found.items()):
        match, under = match_block(block), match_layer(layer)
        if match is None or match.pattern.ours in taken or plan.layers.get(layer, False):
            continue
        if under is not None and not under.pattern.ours:
            continue
        feed = Feed(layer, where={"block": (block,)})
        pattern = match.pattern
        out.append(Claim(feed, pattern.ours, "thing", np.array(rows, np.int64), pattern.values, pattern))
    return out


def _proposals(plan: Plan, taken: frozenset[str]) -> list[Claim]:
    blocks = block_claims(plan, taken)
    used = np.zeros(len(plan), dtype=bool)
    for claim in blocks:
        used[claim.rows] = True
    used |= (plan.insert >= 0) & used[plan.insert]
    out = []
    on = rows_by_layer(plan)
    for name in sorted(on):
        match = match_layer(name)
        if match is None or not match.pattern.ours or match.pattern.ours in taken or plan.layers[name]:
            continue
        rows = on[name][~used[on[name]]]
        if len(rows):
            pattern = match.pattern
            out.append(Claim(Feed(name), pattern.ours, pattern.role, rows, pattern.values))
    # The order in which the proposed mapping names them, so that pasting it changes nothing.
    return sorted(out + blocks, key=lambda claim: (claim.feed.source, str(claim.feed.where.get("block", ""))))
