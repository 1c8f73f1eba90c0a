"""Who has which part: the table derived from Articles 8 to 21, row by row."""

from __future__ import annotations

from importlib import resources

import pytest

from firelane.cases.deadlines import rules as deadline_rules
from firelane.cases.model import PartyRole, SitePlace
from firelane.cases.routing import (
    RoutingError,
    article_12,
    kind_of,
    kinds,
    obstruction_kind_of,
    parties,
    routing,
)
from firelane.errors import InputError
from firelane.rules.loader import available_packs, load_rules
from firelane.vocabulary import ObstructionKind, Quantity

MANAGED = SitePlace("s", "示范小区", manager="安和物业", manager_kind="property_company", managed=True, road_class="residential")
OLD = SitePlace("s", "老小区", manager="三台子街道办事处", manager_kind="street_office", managed=False, road_class="residential")
UNIT = SitePlace("s", "某厂", manager="某厂保卫处", manager_kind="unit", road_class="unit")
WORKS = SitePlace("s", "某工地", road_class="construction")
STREET = SitePlace("s", "某街", road_class="municipal")

ROWS = {  # facts: routing table, with the article of each part
    "parked_vehicle": {
        ("responsible", "driver", "第十一条"), ("assistant", "property_company", "第十五条第（四）项"),
        ("decider", "fire_rescue", "第二十一条"), ("assistant", "traffic_police", "第十八条"),
    },
    "vendor": {("responsible", "trader", "第十六条"), ("decider", "urban_management", "第十六条")},
    "billboard": {("responsible", "owner", "第十条"), ("decider", "urban_management", "第十六条")},
    "illegal_structure": {
        ("responsible", "owner", "第十条"), ("decider", "fire_rescue", "第二十一条"), ("assistant", "urban_management", "第十六条"),
    },
    "fixed_obstacle": {("responsible", "property_company", "第十五条第（二）项"), ("decider", "fire_rescue", "第二十一条")},
    "bays_on_street": {("responsible", "traffic_police", "第十八条"), ("decider", "fire_rescue", "第二十一条")},
    "bays_managed": {
        ("responsible", "property_company", "第十四条"), ("decider", "fire_rescue", "第二十一条"), ("supervisor", "housing", "第十七条"),
    },
    "gate": {("responsible", "entrance_manager", "第十条"), ("decider", "fire_rescue", "第二十一条")},
    "marking": {
        ("responsible", "property_company", "第十二条"), ("inspector", "fire_rescue", "第二十条"),
        ("inspector", "police_station", "第十九条"), ("supervisor", "housing", "第十七条"),
    },
    "construction_lane": {
        ("responsible", "developer", "第八条"), ("responsible", "builder", "第八条"),
        ("responsible", "construction_supervisor", "第八条"), ("supervisor", "construction_department", "第八条"),
    },
    "dimension": {("responsible", "property_company", "第十四条"), ("inspector", "fire_rescue", "第二十条")},
    "other": {("responsible", "property_company", "第十二条"), ("inspector", "fire_rescue", "第二十条")},
}  # fmt: skip


def test_every_row_is_tested():
    assert set(ROWS) == set(kinds())


@pytest.mark.parametrize("kind", ROWS)
def test_every_row_yields_its_roles(kind):
    found = parties(kind, MANAGED)
    assert {(p.role.value, p.body, p.article) for p in found} == ROWS[kind]
    assert found[0].role is PartyRole.RESPONSIBLE
    assert all(p.zh and p.en for p in found)
    assert kinds()[kind].deadline in deadline_rules()
    assert kinds()[kind].articles


@pytest.mark.parametrize(
    ("site", "body", "name"),
    [
        (MANAGED, "property_company", "安和物业"),
        (OLD, "street_office", "三台子街道办事处"),
        (UNIT, "unit", "某厂保卫处"),
        (SitePlace("s", managed=True, road_class="residential"), "property_company", "物业服务企业"),
        (SitePlace("s", managed=True, manager="安和物业", road_class="residential"), "property_company", "安和物业"),
        (SitePlace("s", managed=False, manager="安和物业", road_class="residential"), "street_office", "街道办事处"),
        (SitePlace("s", managed=True, manager="某街道", manager_kind="street_office", road_class="residential"),
         "property_company", "物业服务企业"),  # the recorded office is not the body of Article 12: its name is not used
        (SitePlace("s", manager_kind="unit"), "unit", "单位"),
        (SitePlace("s", manager_kind="property_company", manager="安和物业"), "property_company", "安和物业"),
        (SitePlace("s", manager="学校", road_class="other"), "other_manager", "学校"),
    ],
)  # fmt: skip
def test_article_12(site, body, name):
    assert article_12(site) == (body,)
    party = parties("marking", site)[0]
    assert (party.body, party.zh, party.role) == (body, name, PartyRole.RESPONSIBLE)


@pytest.mark.parametrize("kind", ["marking", "fixed_obstacle", "dimension", "bays_managed", "parked_vehicle", "other"])
@pytest.mark.parametrize(
    "site",
    [SitePlace("s", road_class="residential"), SitePlace("s"), SitePlace("s", road_class="other"),
     SitePlace("s", manager_kind="property_company", manager="x", road_class="residential")],
)  # fmt: skip
def test_what_the_data_do_not_tell_is_not_guessed(kind, site):
    with pytest.raises(RoutingError) as caught:
        parties(kind, site)
    assert "第十二条" in caught.value.text("zh")
    assert "Article 12" in caught.value.text("en")
    for lang in ("zh", "en"):  # both ways to tell it; a document that others read has the reason alone
        said = caught.value.text(lang)
        assert "site.toml" in said
        assert "routed --set managed=true --set manager=" in said
        assert "firelane case" not in caught.value.reason(lang)


@pytest.mark.parametrize("site", [MANAGED, OLD, UNIT, STREET])
def test_article_8_is_for_construction_sites_alone(site):
    for kind in set(ROWS) - {"construction_lane"}:
        found = parties(kind, site)
        assert "construction_department" not in {p.body for p in found}
        assert "第八条" not in {p.article for p in found} | set(kinds()[kind].articles)
    supervisors = [(p.body, p.article) for p in parties("dimension", WORKS) if p.role is PartyRole.SUPERVISOR]
    assert supervisors == [("construction_department", "第八条")]


def test_supervisors_only_where_they_supervise():
    assert {p.body for p in parties("marking", UNIT)} == {"unit", "fire_rescue", "police_station"}
    assert {p.body for p in parties("marking", STREET)} == {"municipal_road", "fire_rescue"}
    assert "housing" in {p.body for p in parties("marking", OLD)}


def test_article_12_is_silent_on_municipal_roads():
    party = parties("marking", STREET)[0]
    assert party.article == ""
    assert "待确认" in party.zh


def test_the_gate_is_its_managers():
    assert parties("gate", MANAGED)[0].zh == "安和物业"
    assert parties("gate", SitePlace("s"))[0].zh == "出入口管理单位"


def test_an_unknown_kind():
    with pytest.raises(RoutingError, match="no kind"):
        parties("ghost", MANAGED)


# --------------------------------------------------------------------------- finding -> kind


@pytest.mark.parametrize("quantity", ["clear_width", "clear_height", "obstruction", "aerial_obstruction", "reach", "turning_area"])
@pytest.mark.parametrize(
    ("obstruction", "kind"),
    [
        ("vehicle", "parked_vehicle"), ("stall", "vendor"), ("billboard", "billboard"), ("bollard", "fixed_obstacle"),
        ("structure", "fixed_obstacle"), ("wall", "fixed_obstacle"), ("fence", "fixed_obstacle"), ("arch", "fixed_obstacle"),
        ("pole", "fixed_obstacle"), ("tree", "fixed_obstacle"), ("overhead_line", "fixed_obstacle"),
        ("decoration", "fixed_obstacle"), ("gate", "gate"), ("parking_bay", "bays_managed"), ("other", "other"),
        ("spaceship", "other"),
    ],
)  # fmt: skip
def test_the_owning_obstruction_decides(quantity, obstruction, kind):
    assert kind_of({"quantity": quantity}, obstruction) == kind


def test_every_kind_of_obstruction_and_every_quantity_has_a_row():
    table = routing()
    assert set(table.by_obstruction) == {item.value for item in ObstructionKind}
    assert set(table.by_quantity) == {item.value for item in Quantity}


@pytest.mark.parametrize("rule", load_rules(available_packs()), ids=lambda rule: rule.rule_id)
def test_every_rule_maps_to_a_kind_that_has_parties(rule):
    for obstruction in (None, *ObstructionKind):
        kind = kind_of({"quantity": rule.quantity.value, "rule_id": rule.rule_id}, obstruction, site=MANAGED)
        assert parties(kind, MANAGED)[0].role is PartyRole.RESPONSIBLE


@pytest.mark.parametrize(
    ("quantity", "kind"),
    [("clear_width", "dimension"), ("clear_height", "dimension"), ("turning_radius", "dimension"), ("gate_opening", "gate"),
     ("edge_line", "marking"), ("kerb_paint", "marking"), ("box_spacing", "marking"), ("box_text", "marking"),
     ("entrance_grid", "marking"), ("grid_text", "marking"), ("sign", "marking"), ("condition", "marking"),
     ("parking", "bays_managed"), ("obstruction", "other"), ("responsible_party", "other")],
)  # fmt: skip
def test_without_an_obstruction_the_quantity_decides(quantity, kind):
    assert kind_of({"quantity": quantity}, None) == kind


def test_bays_and_construction_sites():
    assert kind_of({"quantity": "parking"}, None, site=STREET) == "bays_on_street"
    assert kind_of({"quantity": "obstruction"}, "parking_bay", site=STREET) == "bays_on_street"
    assert kind_of({"quantity": "obstruction"}, "parking_bay", site=MANAGED) == "bays_managed"
    assert kind_of({"quantity": "clear_width"}, None, site=WORKS) == "construction_lane"
    assert kind_of({"quantity": "obstruction"}, "vehicle", site=WORKS) == "parked_vehicle"


def test_a_building_is_never_called_illegal_by_the_data():
    table = routing()
    reached = {*table.by_obstruction.values(), *(kind for kind, _ in table.by_quantity.values())}
    assert "illegal_structure" not in reached


def test_the_vehicle_goes_before_the_wall():
    known = {"W1": "wall", "V1": "vehicle", "B1": "bollard"}
    assert obstruction_kind_of(["edge:R1", "W1", "V1"], known) == "vehicle"
    assert obstruction_kind_of(["V1", "B1"], known) == obstruction_kind_of(["B1", "V1"], known) == "vehicle"
    assert obstruction_kind_of(["edge:R1"], known) is None
    assert obstruction_kind_of(["X"], {"X": "spaceship"}) == "other"


def test_an_unknown_quantity():
    with pytest.raises(RoutingError):
        kind_of({"quantity": "colour"}, None)


def test_every_problem_of_a_table_at_once(tmp_path):
    content = resources.files("firelane.cases").joinpath("routing.toml").read_text(encoding="utf-8")
    content = content.replace('tree = "fixed_obstacle"', 'tree = "forest"').replace('sign = { kind = "marking"', 'sing = { kind = "marking"')
    content = content.replace('body = "trader"', 'body = "troll"').replace('deadline = "rectify_works"', 'deadline = "never"')
    path = tmp_path / "table.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        routing(path)
    for word in ("forest", "this quantity has no row", "troll", "never", "nobody is responsible"):
        assert word in str(caught.value)


@pytest.mark.parametrize("content", ["", "x = [", "kind = 1"])
def test_a_table_that_is_none(tmp_path, content):
    path = tmp_path / "table.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError):
        routing(path)
