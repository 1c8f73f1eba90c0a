"""Which vehicles are tracked: by name, by ``[vehicle]`` of ``site.toml``, and what is refused."""

import pytest

from firelane.errors import InputError
from firelane.tracking.asked import asked_vehicles
from firelane.tracking.catalogue import standard_policy, vehicles

OWN = {
    "id": "S-1", "length_m": 9.0, "width_m": 2.5, "wheelbase_m": 4.8, "front_overhang_m": 1.4, "turning_radius_m": 10.0,
    "radius_basis": "kerb_to_kerb",
}  # fmt: skip


def ids(asked):
    return [a.vehicle.id for a in asked]


def test_none_asked_is_the_one_of_the_site_or_none():
    assert asked_vehicles({}) == ()
    assert ids(asked_vehicles(OWN)) == ["S-1"]
    assert asked_vehicles(OWN, []) == ()


def test_names_take_the_place_of_the_sites_own():
    asked = asked_vehicles({"id": "pump-8", "margin_m": 0.25}, ["platform-12", "tanker-10"])
    assert ids(asked) == ["platform-12", "tanker-10"]
    assert all(a.policy == standard_policy() for a in asked)
    assert asked[0].vehicle == vehicles()["platform-12"]


def test_the_word_site_means_the_one_of_site_toml_with_its_policy():
    (own, preset) = asked_vehicles({"id": "pump-8", "margin_m": 0.25}, ["site", "ladder-14"])
    assert own.policy.margin_m == 0.25
    assert preset.policy.margin_m == 0.0


def test_the_same_twice_is_once_and_two_of_one_id_are_told_apart():
    assert ids(asked_vehicles({"id": "pump-8"}, ["pump-8", "site", "pump-8"])) == ["pump-8"]
    wide = asked_vehicles({"id": "pump-8", "width_m": 2.6}, ["pump-8", "site"])
    assert ids(wide) == ["pump-8", "pump-8.2"]
    assert wide[1].vehicle.width_m == 2.6


def test_all_that_is_wrong_comes_at_once_with_the_known_names():
    with pytest.raises(InputError) as caught:
        asked_vehicles({"id": "pump-8", "length_m": 99.0, "wheels": 6}, ["pump-9", "truck\x1b[2J", "pump-8", "site"])
    told = [p.text("en") for p in caught.value.problems]
    assert len(told) == 4
    assert sum("site.toml [vehicle]" in t for t in told) == 2
    unknown = [t for t in told if "is called" in t]
    assert len(unknown) == 2
    assert all("pump-8, tanker-10, platform-12, ladder-14; or site" in t for t in unknown)
    assert all(t.isprintable() for t in told)
    assert all("可用" in p.text("zh") for p in caught.value.problems if "is called" in p.message)


def test_a_faulty_table_is_refused_even_where_names_take_its_place():
    with pytest.raises(InputError, match="wheels"):
        asked_vehicles({"wheels": 6, "id": "pump-8"}, ["pump-8"])


def test_site_without_a_vehicle_in_site_toml():
    with pytest.raises(InputError, match=r"states no vehicle"):
        asked_vehicles({}, ["site"])


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "=1+1", "a\x00b\x1b[31m\u202e", "车" * 500])
def test_hostile_names_are_cleaned_and_cut(name):
    (asked,) = asked_vehicles({**OWN, "id": name, "name": name})
    assert asked.vehicle.id
    assert len(asked.vehicle.id) <= 40
    assert len(asked.vehicle.zh) <= 80
    assert not any(ord(c) < 32 for c in asked.vehicle.id + asked.vehicle.zh + asked.vehicle.en)
    with pytest.raises(InputError, match="text"):
        asked_vehicles({**OWN, "name": "\x00\x1b"})
