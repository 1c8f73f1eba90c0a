"""What a remedy says, in Chinese and English: plain text without control characters."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Sequence

from firelane.lanes.reach import CAP_M
from firelane.remedy.costs import Option, costs
from firelane.remedy.kerb import COMPASS, KerbMove
from firelane.site.model import LAYERS
from firelane.vocabulary import Lang, ObstructionKind, rounded_down

MOST_NAMED = 12
LONGEST = 60

Namer = Callable[[str, Lang], str]
Text = tuple[str, str]

DISC: Text = (
    "按圆盘通过检验：是车辆通过的必要条件，不是充分条件。",
    "Disc test: necessary, not sufficient, for a vehicle.",
)
WAY_BARRED: Text = (
    "从出入口到该车道的通路也被阻断，须一并处理（见其他各行）。",
    "The way from the entrances to the lane is barred as well: see the other rows.",
)
ALONE: dict[str, Text] = {
    "no entrances": ("未给出出入口：只考虑车道本身。", "No entrances are given: the lane alone was considered."),
    "not reached": (
        "没有足够宽的通路可从出入口到达：只考虑车道本身。",
        "No way wide enough leads there from an entrance, whatever is removed: the lane alone was considered.",
    ),
    "many": (
        "不达标的车道很多：只考虑各车道本身。",
        "Very many lanes and buildings fail: each lane alone was considered.",
    ),
}
"""Why the way to a lane was left aside."""


def plain(text: str) -> str:
    """Return text on one line, without control characters, cut where it is very long.

    >>> plain("a" + chr(0) + "b" + chr(10) + "<c>"), len(plain("x" * 500))
    ('a b <c>', 60)
    """
    kept = "".join(" " if unicodedata.category(c)[0] == "C" or c in "\u2028\u2029" else c for c in text)
    kept = " ".join(kept.split())
    return kept if len(kept) <= LONGEST else kept[: LONGEST - 1] + "…"


def namer(kinds: dict[str, str]) -> Namer:
    """Return a function that names owners as a reader knows them: kind and id.

    Parameters
    ----------
    kinds : dict
        owner → kind of obstruction, or ``entrance``.
    """

    def name(owner: str, lang: Lang) -> str:
        if owner.startswith("edge:"):
            road = plain(owner.removeprefix("edge:"))
            return f"路缘（{road}）" if lang == "zh" else f"the edge of {road}"
        kind = kinds.get(owner)
        if kind is None:
            return plain(owner)
        # the kind tells which layer it is: the prefix is for programs
        layer, _, rest = owner.partition(":")
        owner = rest if rest and layer in LAYERS else owner
        if kind == "entrance":
            return f"出入口 {plain(owner)}" if lang == "zh" else f"entrance {plain(owner)}"
        return f"{ObstructionKind(kind).label(lang)} {plain(owner)}"

    return name


def listed(items: Sequence[str], lang: Lang) -> str:
    """Join names; a long list is cut with its count.

    >>> listed(["a", "b"], "en")
    'a, b'
    """
    text = ("、" if lang == "zh" else ", ").join(items[:MOST_NAMED])
    if len(items) > MOST_NAMED:
        text += f" 等共 {len(items)} 处" if lang == "zh" else f" and {len(items) - MOST_NAMED} more"
    return text


def deeds(chosen: Sequence[Option], name: Namer) -> Text:
    """Say what is to be done: what goes, what is lifted and by how much."""
    known = costs().kinds
    gone = [o for o in chosen if o.action == "remove"]
    lifted = [o for o in chosen if o.action == "lift"]
    zh, en = [], []
    if gone:
        zh.append("移除" + listed([name(o.owner, "zh") for o in gone], "zh"))
        en.append("remove " + listed([name(o.owner, "en") for o in gone], "en"))
    for o in lifted[:MOST_NAMED]:
        assert o.raise_m is not None
        kind = known["arch" if o.kind == "entrance" else o.kind]
        zh.append(f"{name(o.owner, 'zh')}：{kind.lift_zh}，至少升高 {o.raise_m:.3f} 米")
        en.append(f"{name(o.owner, 'en')}: {kind.lift_en} by at least {o.raise_m:.3f} m")
    if len(lifted) > MOST_NAMED:
        zh.append(f"另有 {len(lifted) - MOST_NAMED} 处须抬高")
        en.append(f"{len(lifted) - MOST_NAMED} more to be lifted")
    return "；".join(zh), "; ".join(en)


def removal(
    chosen: Sequence[Option], name: Namer, *, cost: int, lower_bound: int, proven: bool, verified: bool,
    width_m: float | None, joint: bool, alone: str | None, marginal: bool | None, before: Sequence[str] = (),
    way: bool = False, helpless: int = 0, inside: bool = False,
) -> Text:  # fmt: skip
    """Say what a least-cost removal is, how far it is proven, and what it leaves.

    ``before`` are those that bar the way to the lane and not the lane; ``way`` tells that the width is that of
    the way as well; ``helpless`` is the number of failing targets that no removal mends; ``inside`` tells that things
    stand in designated lanes besides.
    """
    do_zh, do_en = deeds(chosen, name)
    status = costs()
    if proven:
        zh = f"代价最小的移除方案（已证明，就圆盘检验和所列代价而言）：{do_zh}。代价 {cost}（{status.status_zh}）"
        en = f"Least-cost removal (proven, for the disc test and the costs given): {do_en}. Cost {cost} ({status.status})"
    else:
        zh = f"已找到的最好移除方案：{do_zh}。代价 {cost}（{status.status_zh}）；任何移除方案的代价不会低于 {lower_bound}"
        en = (f"Best found: {do_en}. Cost {cost} ({status.status}); no removal can cost less than {lower_bound}")
    parts = [(zh + "。", en + ".")]
    if joint and helpless:
        parts.insert(0, (
            f"对移除障碍物有效的全部对象合计（另有 {helpless} 个不达标对象移除任何障碍物都不够，见各自一行；各对象单独的措施不能相加）：",
            (f"For all targets together that removals can mend ({helpless} more fail whatever is removed, see their own "
             "rows; remedies per target do not add up):"),
        ))  # fmt: skip
    elif joint:
        parts.insert(0, ("对全部不达标对象合计（各对象单独的措施不能相加）：",
                         "For all targets together (remedies per target do not add up):"))  # fmt: skip
    if inside:
        parts.append(("划定的消防车通道内的障碍物另见其行。", "What stands in designated lanes has rows of its own."))
    if before:
        parts.append((
            f"其中{_apart(listed([name(o, 'zh') for o in before], 'zh'))}不在该车道上，而是阻断从出入口到该车道的通路。",
            f"Of these {listed([name(o, 'en') for o in before], 'en')} bar the way from the entrances, not the lane itself.",
        ))  # fmt: skip
    if not verified:
        parts.append((
            "移除后重新测量未能确认达到要求：请现场复核，不应据此施工。",
            "Measuring the site again without these did not confirm it: check on the spot before acting on it.",
        ))  # fmt: skip
    elif width_m is not None:
        where = ("（含从出入口到该处的通路）", ", the way from an entrance included") if way else ("", "")
        parts.append((f"重新测量：之后净宽 {_width(width_m, 'zh')}{where[0]}。",
                      f"Measured again: clear width then {_width(width_m, 'en')}{where[1]}."))  # fmt: skip
    if marginal is not None:
        parts.append(
            ("在测量精度内余量不足（临界）。", "Marginal: within the survey's accuracy of the limit.") if marginal
            else ("计入测量精度仍达标（稳健）。", "Robust: it holds with the survey's accuracy taken off.")
        )  # fmt: skip
    parts.append(("可能另有代价相同的方案。", "Equal-cost alternatives may exist."))
    if alone is not None:
        parts.append(ALONE[alone])
    parts.append(DISC)
    return _joined(parts)


def impossible(
    fixed: Sequence[tuple[str, str, float]], name: Namer, limit_m: float, moves: Sequence[KerbMove], *,
    opened: bool | None, barred: bool = False,
) -> Text:  # fmt: skip
    """Say which fixed things are how far apart, and how far a kerb must move.

    Parameters
    ----------
    fixed : sequence of (owner, owner, width)
    moves : sequence of KerbMove
        Empty where no kerb can mend it.
    opened : bool or None
        Whether the lane passes with the kerbs moved, everything else being as it is; None where none moves.
    barred : bool
        Whether the way to the lane is barred as well.
    """
    zh, en = [], []
    for a, b, width in fixed[:3]:
        missing = up(limit_m - width)
        between_zh, between_en = _between(a, b, name)
        zh.append(f"{between_zh}只有 {rounded_down(width)} 米，还差 {missing} 米")
        en.append(f"{between_en} {rounded_down(width)} m; {missing} m more is needed there")
    more = len(fixed) - 3
    if more > 0:
        zh.append(f"另有 {more} 处")
        en.append(f"{more} more places")
    parts = [("移除任何障碍物都不够：" + "；".join(zh) + "。", "No removal suffices: " + "; ".join(en) + ".")]
    parts += kerbs(moves, opened=opened, name=name)
    return _joined([*parts, *([WAY_BARRED] if barred else []), DISC])


def kerbs(moves: Sequence[KerbMove], *, opened: bool | None, name: Namer) -> list[Text]:
    """Say how far kerbs must move: sufficient, never "least"."""
    if not moves:
        return []
    zh, en = [], []
    for move in _distinct(moves)[:3]:
        x = up(move.kerb_m)
        zh.append(f"{move.side[0]}侧{_apart(name(move.edge, 'zh'))}外移 {x} 米")
        en.append(f"move {name(move.edge, 'en')} on the {move.side[1]} side outwards by {x} m")
    do_zh, do_en = "；".join(zh), "; ".join(en)
    if opened:
        return [(f"改造路缘（充分，不一定最小）：{do_zh}。", f"Kerb (sufficient, not necessarily least): {do_en}.")]
    return [(
        f"改造路缘至少：{do_zh}；重新测量表明仅此不够：还须在附近继续拓宽，或清理其他障碍物。",
        f"Kerb, at least: {do_en}; measured again that does not suffice: widen more nearby, or clear other things.",
    )]  # fmt: skip


def kerb_alternative(moves: Sequence[KerbMove], name: Namer, *, barred: bool = False) -> Text:
    """Say what moving kerbs does instead of a removal."""
    return _joined([("或不移除该车道上的障碍物，", "Or, with what stands on the lane left there:"),
                    *kerbs(moves, opened=True, name=name), *([WAY_BARRED] if barred else []), DISC])  # fmt: skip


def barred(what: Text) -> Text:
    """Say that nothing removable helps, where no gap can be named."""
    return _joined([("移除任何障碍物都不够：", "No removal suffices:"), what, DISC])


def shift(
    owner: str, name: Namer, by: tuple[float, float], length_m: float, width_m: float, *, leave: bool = False,
    before: Sequence[str] = (),
) -> Text:  # fmt: skip
    """Say how far one obstruction must move, and where to; ``leave``: out of the designated lane.

    ``before`` is what has to go besides, because it bars the way from the entrances.
    """
    out = ("移出划定的消防车通道：", "Out of the designated fire lane: ") if leave else ("或", "Or ")
    turn = round(math.atan2(by[1], by[0]) / (math.pi / 4)) % 8
    side_zh, side_en = COMPASS[turn]
    x = up(length_m)
    return _joined([
        (f"{out[0]}将{_apart(name(owner, 'zh'))}沿路缘法线向{side_zh}移动 {x} 米（该方向上的最小值）；之后净宽 {_width(width_m, 'zh')}。",
         (f"{out[1]}move {name(owner, 'en')} along its kerb normal by {x} m to the {side_en} (least along that line); "
         f"clear width then {_width(width_m, 'en')}.")),
        *([(f"同时须移除阻断从出入口到该车道通路的{_apart(listed([name(o, 'zh') for o in before], 'zh'))}。".replace(" 。", "。"),
            f"With it {listed([name(o, 'en') for o in before], 'en')} must go, which bar the way from the entrances.")]
          if before else []),
        DISC,
    ])  # fmt: skip


def designated(chosen: Sequence[Option], fixed: Sequence[str], name: Namer, cost: int | None) -> Text:
    """Say that what stands inside a designated lane has to leave it, whatever width is left."""
    status = costs()
    parts: list[Text] = []
    if chosen:
        do_zh, do_en = deeds(chosen, name)
        parts.append((
            f"设在划定的消防车通道内，无论余宽多少都须移出：{do_zh}。代价 {cost}（{status.status_zh}）。",
            (f"Inside the designated fire lane, so it has to leave whatever width remains: {do_en}. Cost {cost} "
            f"({status.status})."),
        ))  # fmt: skip
    if fixed:
        parts.append((
            f"{_apart(listed([name(o, 'zh') for o in fixed], 'zh'))}设在划定的消防车通道内且不可移除：须调整通道划定或另行处理。",
            (f"{listed([name(o, 'en') for o in fixed], 'en')} inside the designated fire lane cannot be removed: the lane "
            "has to be designated anew, or the thing dealt with otherwise."),
        ))  # fmt: skip
    return _joined(parts)


def parking(
    planned: int, kept: int, upper_bound: int, *, proven: bool, given_up: Sequence[str], name: Namer, failing: int = 0
) -> Text:
    """Say how many of the planned bays can stay; ``failing`` lanes are too narrow without any."""
    if proven:
        zh = f"规划的 {planned} 个泊位最多可保留 {kept} 个（已证明，就圆盘检验而言）"
        en = f"At most {kept} of {planned} planned bays can stay (proven, for the disc test)"
    else:
        zh = f"规划的 {planned} 个泊位可保留 {kept} 个；多于 {upper_bound} 个不可能"
        en = f"{kept} of {planned} planned bays can stay; more than {upper_bound} cannot"
    if given_up:
        zh += f"；须放弃：{listed([name(o, 'zh') for o in given_up], 'zh')}"
        en += f"; to be given up: {listed([name(o, 'en') for o in given_up], 'en')}"
    parts = [(zh + "。", en + ".")]
    if given_up:
        parts.append(("可能另有数量相同的方案。", "Other choices of as many bays may exist."))
    if failing:
        parts.append((
            f"有 {failing} 条车道没有规划泊位也不达标（或未能测量），不在考虑之内：其上的泊位须待车道达标后再定。",
            (f"{failing} lanes fail without any planned bay (or could not be measured) and were left aside: bays on them can be decided only when those "
             "lanes pass."),
        ))  # fmt: skip
    return _joined([*parts, DISC])


def _apart(text: str) -> str:
    """Set an id that ends in Latin letters or digits apart from the Chinese that follows.

    >>> _apart("树木 T1"), _apart("路缘（R1）")
    ('树木 T1 ', '路缘（R1）')
    """
    return f"{text} " if text[-1:].isascii() and text[-1:] else text


def _between(a: str, b: str, name: Namer) -> Text:
    if a == b:
        return (f"{_apart(name(a, 'zh'))}两侧之间", f"between the two sides of {name(a, 'en').removeprefix('the edge of ')} there are")
    return f"{_apart(name(a, 'zh'))}与{_apart(name(b, 'zh'))}之间", f"between {name(a, 'en')} and {name(b, 'en')} there are"


def _distinct(moves: Sequence[KerbMove]) -> list[KerbMove]:
    """Of several gaps at one kerb and side the largest move tells."""
    best: dict[tuple[str, str], KerbMove] = {}
    for move in moves:
        key = (move.edge, move.side[0])
        if key not in best or move.kerb_m > best[key].kerb_m:
            best[key] = move
    return sorted(best.values(), key=lambda m: (-m.kerb_m, m.edge, m.side[1]))


def up(value_m: float) -> str:
    """Return a length that is at least needed: rounded up to the millimetre."""
    return f"{math.ceil(value_m * 1000 - 2e-3) / 1000:.3f}"


def _width(value_m: float, lang: Lang) -> str:
    if value_m >= CAP_M:
        return f"{rounded_down(CAP_M)} 米以上" if lang == "zh" else f"{rounded_down(CAP_M)} m or more"
    return f"{rounded_down(value_m)} 米" if lang == "zh" else f"{rounded_down(value_m)} m"


def _joined(parts: Sequence[Text]) -> Text:
    return "".join(zh for zh, _ in parts), " ".join(en for _, en in parts)
