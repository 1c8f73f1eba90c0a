"""What remedies say: what is proven, what is not, in both languages, whatever the names are."""

from __future__ import annotations

import unicodedata

import pytest

from firelane.remedy import words
from firelane.remedy.costs import Option, costs, options, raised_by
from firelane.remedy.kerb import COMPASS, KerbMove
from firelane.site.schema import kind_defaults
from firelane.vocabulary import ObstructionKind

KINDS = {"V1": "vehicle", "B1": "bollard", "T1": "tree", "A1": "arch", "E1": "entrance"}
NAME = words.namer(KINDS)
CAR, POST = Option("V1", "vehicle", "remove", 1), Option("B1", "bollard", "remove", 5)


def removal(chosen=(CAR, POST), **more):
    told = {"cost": 6, "lower_bound": 6, "proven": True, "verified": True, "width_m": 4.2, "joint": False,
            "alone": None, "marginal": None}  # fmt: skip
    return words.removal(chosen, NAME, **(told | more))


def test_every_kind_has_a_cost_and_those_that_span_can_be_lifted():
    known = costs().kinds
    assert set(known) == {k.value for k in ObstructionKind}
    for kind, cost in known.items():
        assert isinstance(cost.remove, int)
        assert cost.remove > 0
        assert all(isinstance(c, int) and c > 0 for c in (cost.shift, cost.lift) if c is not None)
        assert bool(cost.lift) == bool(cost.lift_zh) == bool(cost.lift_en)
        assert not ObstructionKind(kind).overhead or cost.lift is not None
    assert "confirmed" in costs().status
    assert costs().status_zh == "待确认"


def test_costs_agree_with_what_the_site_says_of_kinds():
    for kind, default in kind_defaults().items():
        assert default.cost in (None, costs().kinds[kind].remove), kind


@pytest.mark.parametrize(("clear_m", "raise_m"), [(3.6, 0.4), (3.9001, 0.1), (3.9, 0.1), (3.8999, 0.101), (3.9999, 0.001)])
def test_how_far_to_raise_is_rounded_up(clear_m, raise_m):
    assert raised_by(clear_m, 4.0) == pytest.approx(raise_m, abs=1e-12)
    assert clear_m + raised_by(clear_m, 4.0) >= 4.0 - 1e-6


def test_proven_and_best_found_are_told_apart():
    zh, en = removal()
    assert "Least-cost removal (proven, for the disc test and the costs given): remove parked vehicle V1, fixed bollard B1" in en
    assert "Cost 6 (proposed – to be confirmed)" in en
    assert "Clear width then 4.200 m" in en.replace("clear", "Clear")
    assert "necessary, not sufficient" in en
    assert "已证明" in zh
    assert "代价 6（待确认）" in zh
    assert "移除车辆 V1、固定隔离桩 B1" in zh
    zh, en = removal(proven=False, lower_bound=5)
    assert "Best found: remove" in en
    assert "no removal can cost less than 5" in en
    assert "proven" not in en
    assert "optimal" not in en
    assert "已证明" not in zh
    assert "不会低于 5" in zh


def test_what_measuring_did_not_confirm_is_said():
    zh, en = removal(verified=False, proven=False, width_m=3.9)
    assert "did not confirm" in en
    assert "未能确认" in zh
    assert "3.900" not in en


def test_joint_alone_and_accuracy():
    zh, en = removal(joint=True)
    assert en.startswith("For all targets together")
    assert "不能相加" in zh
    assert "the lane alone" in removal(alone="no entrances")[1]
    assert "Robust" in removal(marginal=False)[1]
    assert "Marginal" in removal(marginal=True)[1]


def test_lifting_says_what_is_done_and_how_far():
    branch, bar = Option("T1", "tree", "lift", 2, 0.35), Option("A1", "arch", "lift", 30, 0.4)
    zh, en = removal((branch, bar))
    assert "tree T1: prune or lift the branches by at least 0.350 m" in en
    assert "raise the structure by at least 0.400 m" in en
    assert "树木 T1：修剪或抬升枝干，至少升高 0.350 米" in zh
    assert "entrance E1: raise the structure" in removal((Option("E1", "entrance", "lift", 30, 0.4),))[1]


def test_impossible_names_both_sides_and_what_is_missing():
    move = KerbMove("edge:R1", "T1", 3.8, 0.2, COMPASS[6], (0.0, 0.0))
    zh, en = words.impossible([("edge:R1", "T1", 3.8)], NAME, 4.0, [move], opened=True)
    assert "No removal suffices: between the edge of R1 and tree T1 there are 3.800 m; 0.200 m more is needed" in en
    assert "sufficient, not necessarily least" in en
    assert "on the south side outwards by 0.200 m" in en
    assert "还差 0.200 米" in zh
    assert "南侧路缘（R1）外移 0.200 米" in zh
    _, en = words.impossible([("edge:R1", "edge:R1", 3.9996)], NAME, 4.0, [move], opened=False)
    assert "between the two sides of R1" in en
    assert "3.999 m; 0.001 m more" in en
    assert "that does not suffice" in en
    assert "(sufficient" not in en


def test_shift_tells_the_direction_and_rounds_up():
    zh, en = words.shift("V1", NAME, (0.0, 0.2000001), 0.2000001, 4.0)
    assert "by 0.200 m to the north" in en
    zh, en = words.shift("V1", NAME, (-0.3, -0.3), 0.42426, 4.0)
    assert "by 0.425 m to the south-west" in en
    assert "西南移动 0.425 米" in zh


def test_parking_proven_and_bounded():
    zh, en = words.parking(9, 6, 6, proven=True, given_up=["P1"], name=NAME)
    assert en.startswith("At most 6 of 9 planned bays can stay (proven")
    assert "最多可保留 6 个" in zh
    zh, en = words.parking(9, 6, 7, proven=False, given_up=["P1"], name=NAME)
    assert en.startswith("6 of 9 planned bays can stay; more than 7 cannot")
    assert "多于 7 个不可能" in zh


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", "=1+1", "a\x00b\x1b[31mc\r\n\u2028d\u202ee", "长" * 5000, "", "  \t "]
)
def test_hostile_names_make_plain_text_of_one_line(hostile):
    name = words.namer({hostile: "vehicle"})
    chosen = [Option(hostile, "vehicle", "remove", 1), Option(hostile, "tree", "lift", 2, 0.1)]
    texts = [
        *words.removal(chosen, name, cost=1, lower_bound=1, proven=True, verified=True, width_m=4.0, joint=False,
                       alone=None, marginal=None),
        *words.shift(hostile, name, (1.0, 0.0), 1.0, 4.0),
        *words.impossible([(hostile, f"edge:{hostile}", 3.0)], name, 4.0,
                          [KerbMove(f"edge:{hostile}", hostile, 3.0, 1.0, COMPASS[0], (0.0, 0.0))], opened=None),
        *words.parking(1, 0, 0, proven=True, given_up=[hostile], name=name),
        *words.designated(chosen, [hostile], name, 3),
    ]  # fmt: skip
    for text in texts:
        assert not [c for c in text if unicodedata.category(c)[0] == "C" or unicodedata.category(c) in ("Zl", "Zp")]
        assert len(text) < 1500


def test_a_long_list_is_cut_with_its_count():
    chosen = [Option(f"V{n}", "vehicle", "remove", 1) for n in range(40)]
    zh, en = removal(chosen, cost=40, lower_bound=40)
    assert "and 28 more" in en
    assert "等共 40 处" in zh


def test_what_may_be_done_to_each_obstacle():
    from site_scenes import LineString, over, post, spaces_of, street

    site = street(6.0, [
        post(10, 0, id="POST"), post(20, 0, id="FIXED", removable=False),
        over(30, -3, 31, 3, 3.6, id="ARCH"), over(40, -3, 41, 3, 3.6, kind="billboard", id="BOARD"),
        over(50, -3, 51, 3, 3.5, kind="tree", id="BRANCH"), over(60, -3, 61, 3, None, kind="arch", id="UNKNOWN"),
        over(70, -3, 71, 3, 4.2, kind="arch", id="HIGH"), (LineString([(80, -3), (80, 0)]), {"kind": "wall", "id": "WALL"}),
    ])  # fmt: skip
    found = options(spaces_of(site).table, 4.0)
    assert {o: (x.action, x.cost, x.raise_m) for o, x in found.items()} == {
        "POST": ("remove", 5, None), "ARCH": ("lift", 30, 0.4), "BOARD": ("lift", 6, 0.4), "BRANCH": ("lift", 2, 0.5),
        "WALL": ("remove", 40, None),
    }  # fmt: skip


def test_a_name_leaves_out_the_layer_that_makes_an_id_unique():
    name = words.namer({"obstructions:way/1": "arch", "parking:P1": "parking", "x:1": "bollard"})
    assert name("obstructions:way/1", "zh") == "限高架/门洞 way/1"
    assert name("x:1", "en") == "fixed bollard x:1"  # no layer is called so: it is part of the id
