"""Vehicles as data: presets, a site's own, and everything that is wrong with one at once."""

import pytest

from firelane.errors import InputError
from firelane.tracking.catalogue import catalogue, standard_policy, stated_vehicle, vehicle_named, vehicles
from firelane.tracking.vehicle import FieldStatus, Policy, RadiusBasis, Vehicle

OWN = {
    "id": "沈河-01", "name": "沈河一中队水罐车", "length_m": 9.0, "width_m": 2.5, "wheelbase_m": 4.8, "front_overhang_m": 1.4,
    "turning_radius_m": 10.0, "radius_basis": "wall_to_wall",
}  # fmt: skip


def test_every_field_of_every_preset_has_a_source_and_a_status():
    assert list(vehicles()) == ["pump-8", "tanker-10", "platform-12", "ladder-14"]
    for vehicle in vehicles().values():
        numbers = set(catalogue().fields)
        assert numbers <= set(vehicle.sources)
        assert vehicle.sources["wheelbase_m"].status is FieldStatus.ASSUMED
        assert vehicle.sources["lock_time_s"].status is FieldStatus.SOURCE
        assert vehicle.wheelbase_m + vehicle.front_overhang_m + vehicle.rear_overhang_m == pytest.approx(vehicle.length_m)


def test_the_standard_policy_is_that_of_the_dataclass():
    assert standard_policy() == Policy()
    assert all(row.source_zh and row.source for row in catalogue().policies.values())


def test_no_table_no_vehicle():
    assert stated_vehicle({}) is None


def test_a_preset_with_overrides():
    found, policy = stated_vehicle({"id": "tanker-10", "turning_radius_m": 9.5, "margin_m": 0.25, "kerb_overhang": True})
    assert found.turning_radius_m == 9.5
    assert found.sources["turning_radius_m"].status is FieldStatus.STATED
    assert found.sources["width_m"].status is FieldStatus.ASSUMED
    assert policy == Policy(margin_m=0.25, kerb_overhang=True)
    assert stated_vehicle({"id": "tanker-10"})[0] == vehicles()["tanker-10"]


def test_lengths_follow_each_other():
    longer, _ = stated_vehicle({"id": "pump-8", "rear_overhang_m": 2.65})
    assert longer.length_m == pytest.approx(8.5)
    other, _ = stated_vehicle({"id": "pump-8", "length_m": 8.5})
    assert other.rear_overhang_m == pytest.approx(2.65)


def test_a_vehicle_of_ones_own():
    found, _ = stated_vehicle(OWN)
    assert found.zh == "沈河一中队水罐车"
    assert found.rear_overhang_m == pytest.approx(2.8)
    assert found.outer_radius_m == pytest.approx(10.0)
    assert found.sources["track_m"].status is FieldStatus.ASSUMED


@pytest.mark.parametrize("basis", list(RadiusBasis))
def test_each_basis_names_its_circle(basis):
    told = {**OWN, "radius_basis": basis.value, "turning_radius_m": 9.0}
    vehicle: Vehicle = stated_vehicle(told)[0]
    circle = {
        RadiusBasis.KERB_TO_KERB: vehicle.kerb_radius_m, RadiusBasis.WALL_TO_WALL: vehicle.outer_radius_m,
        RadiusBasis.FRONT_AXLE: vehicle.front_radius_m, RadiusBasis.INNER: vehicle.inner_radius_m,
    }  # fmt: skip
    assert circle[basis] == pytest.approx(9.0, abs=1e-12)


def test_all_problems_come_at_once():
    with pytest.raises(InputError) as refused:
        stated_vehicle({"id": "pump-8", "width_m": "2.5", "track_m": 9.0, "margin_m": -1, "kerb_overhang": 1, "wings": 2})
    assert {p.column for p in refused.value.problems} == {"width_m", "track_m", "margin_m", "kerb_overhang", "wings"}
    assert all(p.message_zh for p in refused.value.problems)


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"turning_radius_m": 6.0}, "turning_radius_m"),
        ({"rear_overhang_m": 1.0}, "length_m"),
        ({"track_m": 2.6}, "track_m"),
        ({"wheelbase_m": 7.9, "front_overhang_m": 2.0}, "length_m"),
    ],
)  # fmt: skip
def test_what_no_vehicle_can_have(change, column):
    with pytest.raises(InputError) as refused:
        stated_vehicle({**OWN, **change})
    assert column in {p.column for p in refused.value.problems}


def test_an_unknown_preset_lists_the_known_ones():
    with pytest.raises(InputError, match="pump-8, tanker-10"):
        vehicle_named("fire truck")
    with pytest.raises(InputError, match="pump-8"):
        stated_vehicle({"id": "nothing"})
    with pytest.raises(InputError, match="missing length_m"):
        stated_vehicle({"width_m": 2.5})
    assert vehicle_named("pump-8").zh.startswith("水罐")
