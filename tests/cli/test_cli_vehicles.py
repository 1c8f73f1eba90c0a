"""``firelane vehicles``: what is printed, in both languages, and a vehicle of a site."""

from command import run

OWN = '[site]\nid = "x"\n[vehicle]\nid = "S-1"\nname = "=1+1\\u001b[2J"\nlength_m = 9.0\nwidth_m = 2.5\nwheelbase_m = 4.8\nfront_overhang_m = 1.4\nturning_radius_m = 10.0\nradius_basis = "wall_to_wall"\n'


def test_the_presets_with_every_radius_by_its_definition():
    shown = run("vehicles", "--lang", "zh")
    assert shown.code == 0
    for word in ("pump-8", "ladder-14", "路缘石（外侧前轮）", "9.93", "待确认", "4.60"):
        assert word in shown.out


def test_in_english():
    shown = run("vehicles", "--lang", "en")
    assert "kerb to kerb" in shown.out
    assert "to be confirmed" in shown.out
    # needed widths are rounded up: 3.9019 is not enough for 3.90 m
    assert "3.91" in shown.out


def test_the_vehicle_of_a_site_is_shown_with_the_presets(tmp_path):
    (tmp_path / "site.toml").write_text(OWN, encoding="utf-8")
    shown = run("vehicles", "--config", str(tmp_path / "site.toml"), "--lang", "en")
    assert "S-1" in shown.out
    assert "stated by the user" in shown.out
    assert "\x1b" not in shown.out


def test_a_vehicle_that_is_none_is_refused_with_all_that_is_wrong(tmp_path):
    (tmp_path / "site.toml").write_text(OWN.replace("width_m = 2.5", "width_m = 25").replace("wall_to", "all_to"), encoding="utf-8")
    shown = run("vehicles", "--config", str(tmp_path / "site.toml"), "--lang", "en")
    assert shown.code == 2
    assert "width_m" in shown.err
    assert "radius_basis" in shown.err


def test_quiet_prints_nothing():
    assert run("vehicles", "--quiet").out == ""


def test_a_preset_that_the_site_names_unchanged_is_shown_once(tmp_path):
    (tmp_path / "site.toml").write_text('[site]\nid = "x"\n[vehicle]\nid = "pump-8"\n', encoding="utf-8")
    shown = run("vehicles", "--config", str(tmp_path / "site.toml"), "--lang", "en")
    assert shown.code == 0
    assert shown.out == run("vehicles", "--lang", "en").out


def test_an_unknown_vehicle_is_told_the_known_ones_as_chinese_lists_them(tmp_path):
    shown = run("audit", "data/turning_yard", "-o", str(tmp_path / "out"), "--vehicle", "tank", "--lang", "zh")
    assert shown.code == 2
    assert "pump-8、tanker-10" in shown.err
