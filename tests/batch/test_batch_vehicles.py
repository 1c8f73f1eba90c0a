"""Vehicles in a batch: named once for all sites, part of the settings, refused before any site where nobody knows them."""

import hashlib
import json
from dataclasses import asdict, replace

import pytest
from batch_scenes import HereEngine, log_of, small_site

from firelane import __version__
from firelane.batch.driver import run_batch
from firelane.batch.model import Settings
from firelane.batch.standing import rules_hash
from firelane.errors import InputError

AUDIT = Settings(parts=("audit",), remedies=False)


def digest(settings):
    return settings.digest(rules_hash(settings.rules))


def test_settings_that_name_none_have_the_digest_that_they_had_before_there_were_any():
    told = asdict(AUDIT) | {"version": __version__, "rules_sha256": rules_hash(AUDIT.rules)}
    for key in ("timeout_s", "memory_mb", "rules", "vehicles"):
        del told[key]
    assert digest(AUDIT) == hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    named = [digest(replace(AUDIT, vehicles=names)) for names in (("pump-8",), ("tanker-10",), ("pump-8", "site"), ())]
    assert len({digest(AUDIT), *named}) == 5


def test_a_vehicle_that_nobody_knows_costs_one_error_and_no_site(tmp_path):
    small_site(tmp_path / "sites" / "a")
    engine = HereEngine()
    with pytest.raises(InputError) as caught:
        run_batch(
            tmp_path / "sites", tmp_path / "city", engine=engine, extras=False,
            settings=replace(AUDIT, vehicles=("pump-8", "dragon", "site")),
        )  # fmt: skip
    assert [p.text("en").split(" →")[0] for p in caught.value.problems] == ["no vehicle is called 'dragon'"]
    assert engine.begun == []


def test_every_site_is_tracked_with_the_vehicles_of_the_batch_and_done_anew_with_others(tmp_path):
    small_site(tmp_path / "sites" / "a")
    out = tmp_path / "city"

    def go(settings):
        return run_batch(tmp_path / "sites", out, engine=HereEngine(), extras=False, settings=settings)

    first = go(AUDIT)
    assert (first.run, first.kept) == (1, 0)
    (path,) = out.rglob("audit.json")
    assert json.loads(path.read_text("utf-8"))["tracking"] == []
    second = go(replace(AUDIT, vehicles=("pump-8",)))
    assert (second.run, second.kept) == (1, 0)
    (tracked,) = json.loads(path.read_text("utf-8"))["tracking"]
    assert tracked["vehicle"]["id"] == "pump-8"
    assert (go(replace(AUDIT, vehicles=("pump-8",))).run, len(log_of(out)) > 0) == (0, True)
