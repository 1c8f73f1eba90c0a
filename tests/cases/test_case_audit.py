"""A new audit matched to the cases of its site: opened, repeated, reopened, proposed, unchanged."""

from __future__ import annotations

import copy
import json

import pytest
from case_scene import (  # noqa: F401  (fixtures)
    OBSTRUCTION,
    T0,
    WIDTH,
    books,
    document,
    finding,
    lane_passes,
    sha_of,
    written,
)  # fmt: skip

from firelane.cases.importing import Report
from firelane.cases.proposals import same_lane
from firelane.errors import InputError


def counts(outcome):
    return {k: len(getattr(outcome, k)) for k in ("opened", "repeated", "reopened", "proposed", "unchanged") if getattr(outcome, k)}


def closed_as_rectified(book, case_id):
    book.record(case_id, "confirmed")
    book.record(case_id, "noticed", days=3)
    book.record(case_id, "reinspected_pass", fields={"new_audit_sha256": "b" * 64})
    book.record(case_id, "closed", fields={"reason": "rectified"})


def test_only_failures_of_mandatory_rules_open_cases(books, tmp_path):  # noqa: F811
    rows = [
        finding("V1"), finding("V2", owners=["V2"], x=30, severity="advisory"), finding("V3", owners=["V3"], x=60, severity="info"),
        finding("V4", owners=["V4"], x=90, verdict="indeterminate"), finding("V5", owners=["V5"], x=20, verdict="not_measured", value=None),
    ]  # fmt: skip
    book = books.inspector
    assert counts(book.open_audit(written(tmp_path, "a", *rows))) == {"opened": 1}
    # An advisory one where somebody asks for it; nothing that is no violation.
    assert counts(book.open_audit(tmp_path / "a", findings=[f"{OBSTRUCTION}:V2"])) == {"opened": 1}
    with pytest.raises(InputError) as error:
        book.open_audit(tmp_path / "a", findings=[f"{OBSTRUCTION}:V3", f"{OBSTRUCTION}:V4", "nothing"])
    assert len(error.value.problems) == 3


def test_the_same_audit_again_changes_nothing(books, tmp_path):  # noqa: F811
    book = books.inspector
    folder = written(tmp_path, "a", finding(), finding("B1", owners=["B1"], x=40))
    assert counts(book.open_audit(folder)) == {"opened": 2}
    head = book.verify().head
    assert counts(book.open_audit(folder / "audit.json")) == {"unchanged": 2}
    book.record("C-2026-000001", "void", fields={"reason": "误判"})
    assert counts(book.open_audit(folder)) == {"unchanged": 2}
    assert book.verify(head=head).entries == book.verify().entries
    assert [c.repeats for c in book.cases()] == [0, 0]


def test_an_old_audit_given_again_is_no_news(books, tmp_path):  # noqa: F811
    """First A (V1 fails, V2 passes), then B (V2 fails): A again neither repeats V1 nor proposes V2."""
    book = books.inspector
    a = written(tmp_path, "a", finding(), finding("V2", owners=["V2"], x=40, verdict="pass", value=4.5))
    b = written(tmp_path, "b", finding(), finding("V2", owners=["V2"], x=40))
    book.open_audit(a)
    assert counts(book.open_audit(b)) == {"opened": 1, "repeated": 1}
    assert counts(book.open_audit(a)) == {"unchanged": 1}
    assert [c.proposal for c in book.cases()] == ["", ""]


def test_chosen_findings_first_and_the_rest_later(books, tmp_path):  # noqa: F811
    book = books.inspector
    folder = written(tmp_path, "a", finding(), finding("B1", owners=["B1"], x=40))
    assert counts(book.open_audit(folder, findings=[f"{OBSTRUCTION}:B1"])) == {"opened": 1}
    assert counts(book.open_audit(folder)) == {"opened": 1, "unchanged": 1}
    assert counts(book.open_audit(folder)) == {"unchanged": 2}


def test_found_again_counts_and_carries_the_new_finding(books, tmp_path):  # noqa: F811
    book = books.inspector
    (case_id,) = book.open_audit(written(tmp_path, "a", finding())).opened
    later = written(tmp_path, "b", finding(value=3.1, x=2.0))
    assert book.open_audit(later).repeated == (case_id,)
    case = book.case(case_id)
    assert (case.repeats, case.value, case.margin, case.location[0]) == (1, 3.1, -0.9, 535_902.0)
    assert case.audit_sha256 == sha_of(tmp_path / "a"), "opened from the first"
    assert book.events(case_id)[1].fields["new_audit_sha256"] == sha_of(later)


def test_another_rule_site_or_place_is_another_case(books, tmp_path):  # noqa: F811
    book = books.inspector
    book.open_audit(written(tmp_path, "a", finding()))
    assert counts(book.open_audit(written(tmp_path, "b", finding(x=6.0, owners=["V9"], subject="V9")))) == {"opened": 1}
    assert counts(book.open_audit(written(tmp_path, "c", finding("P", WIDTH)))) == {"opened": 1}
    assert counts(book.open_audit(written(tmp_path, "d", document(finding(), id="SY-2")))) == {"opened": 1}


def test_closed_as_rectified_and_found_again_is_reopened(books, tmp_path):  # noqa: F811
    book = books.inspector
    (case_id,) = book.open_audit(written(tmp_path, "a", finding())).opened
    closed_as_rectified(book, case_id)
    assert counts(book.open_audit(written(tmp_path, "b", finding(value=3.2)))) == {"reopened": 1}
    case = book.case(case_id)
    assert (case.state, case.reopened, case.closed_at, case.value) == ("reopened", 1, None, 3.2)
    assert counts(book.open_audit(written(tmp_path, "c", finding(value=3.3)))) == {"repeated": 1}


@pytest.mark.parametrize("closing", ["void", "void_closed", "duplicate"])
def test_what_somebody_decided_is_not_reopened_by_itself(books, tmp_path, closing):  # noqa: F811
    book = books.inspector
    (case_id,) = book.open_audit(written(tmp_path, "a", finding())).opened
    if closing == "duplicate":
        other = book.open_report(Report(T0, "占用")).case_id
        book.duplicate(case_id, other)
    else:
        book.record(case_id, "void", fields={"reason": "误判"})
        if closing == "void_closed":
            books.admin.record(case_id, "closed", fields={"reason": "void"})
    assert book.open_audit(written(tmp_path, "b", finding(value=3.2))).unchanged == (case_id,)
    assert len(book.cases(site="SY-1")) == 1


GONE = finding("B1", owners=["B1"], x=40, verdict="pass", value=4.5)


@pytest.mark.parametrize(
    ("rows", "proposed"),
    [
        # The same thing passes.
        ([finding(verdict="pass", value=4.2)], True),
        # It is gone, the rule was measured, the lane is wide throughout.
        ([lane_passes(), GONE], True),
        # The lane's id moved with its middle, by a metre or two.
        ([lane_passes("L5901-0001"), GONE], True),
        # Not a word of this rule: nobody looked.
        ([lane_passes()], False),
        # Nor of the lane's width.
        ([GONE], False),
        # The rule was not measured for the whole site, for this thing, or on this lane.
        ([lane_passes(), GONE, finding("site", owners=(), verdict="not_measured", value=None, lane=None, location=None, lonlat=None)], False),
        ([lane_passes(), GONE, finding(verdict="not_measured", value=None)], False),
        ([lane_passes(), GONE, finding("L5900-0000", owners=(), verdict="not_measured", value=None)], False),
        # It is still named, if farther along.
        ([lane_passes(), GONE, finding(x=60, verdict="indeterminate", value=4.0)], False),
        # The lane is too narrow elsewhere: that this place is mended is not said.
        ([lane_passes(), finding("P9", WIDTH, x=90, owners=["edge:R1"]), GONE], False),
        # Another lane passes.
        ([lane_passes("L5800-0000"), GONE], False),
        # Within the accuracy.
        ([finding(verdict="indeterminate", value=4.0)], False),
        # Nothing at all.
        ([], False),
    ],
)  # fmt: skip
def test_a_pass_at_the_place_is_proposed_and_an_absent_finding_is_not(books, tmp_path, rows, proposed):  # noqa: F811
    book = books.inspector
    (case_id,) = book.open_audit(written(tmp_path, "a", finding())).opened
    later = written(tmp_path, "b", document(*rows))
    assert book.open_audit(later).proposed == ((case_id,) if proposed else ())
    case = book.case(case_id)
    assert (case.state, case.proposal) == ("detected", "close" if proposed else "")
    assert book.open_audit(later).proposed == ()


def test_a_narrow_place_passes_with_its_whole_lane(books, tmp_path):  # noqa: F811
    book = books.inspector
    narrow = finding("P59000-00001", WIDTH, owners=["edge:R1", "V1"], pinch_id="P59000-00001")
    (case_id,) = book.open_audit(written(tmp_path, "a", narrow)).opened
    other = finding("P59900-00001", WIDTH, x=90, owners=["edge:R1"], pinch_id="P59900-00001")
    assert counts(book.open_audit(written(tmp_path, "b", other))) == {"opened": 1}, "the lane fails elsewhere: no word of this place"
    assert book.open_audit(written(tmp_path, "c", lane_passes())).proposed == (case_id, "C-2026-000002")
    assert book.events(case_id)[-1].fields["grounds"] == "lane"
    # A proposal is made once; what fails again takes it back.
    assert book.open_audit(written(tmp_path, "d", lane_passes(value=5.1))).unchanged == (case_id, "C-2026-000002")
    assert book.open_audit(written(tmp_path, "e", narrow, other)).repeated == (case_id, "C-2026-000002")
    assert [c.proposal for c in book.cases()] == ["", ""]


def test_a_lane_that_is_wide_because_nobody_looked_for_obstacles_is_no_pass(books, tmp_path):  # noqa: F811
    book = books.inspector
    narrow = finding("P59000-00001", WIDTH, owners=["edge:R1", "V1"], pinch_id="P59000-00001")
    (case_id,) = book.open_audit(written(tmp_path, "a", narrow)).opened
    unseen = finding("site", owners=(), verdict="not_measured", value=None, lane=None, location=None, lonlat=None)
    assert book.open_audit(written(tmp_path, "b", lane_passes(), unseen)).proposed == ()
    assert book.open_audit(written(tmp_path, "c", lane_passes())).proposed == (case_id,)


def test_lanes_are_the_same_by_the_middle_that_their_ids_tell():
    assert same_lane("L5836-9999.1", "L5838-0002")
    assert not same_lane("L5836-9932", "W5836-9932")
    assert not same_lane("L5836-9932", "L5842-9932")
    assert same_lane("x", "x")
    assert not same_lane("x", "y")


def broken(change):
    told = document(finding(), finding("B1", owners=["B1"], x=40))
    change(told)
    return told


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.update(schema="firelane-audit/9"), "schema"),
        (lambda d: d["site"].pop("id"), "site.id"),
        (lambda d: d["site"].update(id=""), "site.id"),
        (lambda d: d["site"].update(managed=1), "managed"),
        (lambda d: d["site"].update(manager_kind="king"), "manager_kind"),
        (lambda d: d["site"].update(owner_kinds=[1]), "owner_kinds"),
        (lambda d: d["findings"][0].update(verdict="bad"), "verdict"),
        (lambda d: d["findings"][0].update(lonlat=[400, 0]), "lonlat"),
        (lambda d: d["findings"][0].update(value="3"), "value"),
        (lambda d: d["findings"][0].update(owners="V1"), "owners"),
        (lambda d: d["findings"][0].update(lane_id=7), "lane_id"),
        (lambda d: d["findings"][0].pop("lonlat"), "lonlat"),
        (lambda d: d["findings"].append(copy.deepcopy(d["findings"][0])), "finding_id"),
        (lambda d: d["lanes"][0].update({"class": 3}), "class"),
        (lambda d: d.update(findings={}), "findings"),
    ],
)  # fmt: skip
def test_a_broken_audit_is_refused_with_its_place(books, tmp_path, change, said):  # noqa: F811
    head = books.inspector.verify().head
    with pytest.raises(InputError, match=said):
        books.inspector.open_audit(written(tmp_path, "a", broken(change)))
    assert (books.inspector.verify().head, books.inspector.cases()) == (head, ())


def test_every_problem_is_told_at_once(books, tmp_path):  # noqa: F811
    def change(told):
        told["site"].update(managed="yes", manager_kind="king")
        told["findings"][1].update(lonlat=[0, 91])

    with pytest.raises(InputError) as error:
        books.inspector.open_audit(written(tmp_path, "a", broken(change)))
    assert len(error.value.problems) == 3
    assert all(p.message_zh for p in error.value.problems)


@pytest.mark.parametrize("content", [b"", b"[", b"\xff\xfe", b"[" * 100_000, b'{"schema": NaN}', b"null"])
def test_what_is_no_audit_is_refused(books, tmp_path, content):  # noqa: F811
    (tmp_path / "audit.json").write_bytes(content)
    for source in (tmp_path, tmp_path / "audit.json", tmp_path / "absent"):
        with pytest.raises(InputError):
            books.inspector.open_audit(source)


def test_a_huge_file_is_not_read(books, tmp_path):  # noqa: F811
    with (tmp_path / "audit.json").open("wb") as stream:
        stream.truncate(600 << 20)  # holds nothing on the disk
    with pytest.raises(InputError, match="larger than 512 MB"):
        books.inspector.open_audit(tmp_path)


def test_the_audit_itself_is_kept(books, tmp_path):  # noqa: F811
    folder = written(tmp_path, "a", finding())
    books.inspector.open_audit(folder)
    kept = books.inspector.shelf.path(sha_of(folder), "application/json")
    assert json.loads(kept.read_text(encoding="utf-8"))["site"]["id"] == "SY-1"
    kept.write_text("{}", encoding="utf-8")
    assert "altered" in books.viewer.verify().faults[0][2]


def test_a_real_audit_and_its_mended_site(books, tmp_path):  # noqa: F811
    """A car in the way fails width and obstruction; the same street without it passes both, and both are proposed."""
    from site_scenes import audited_in_full, car, street

    from firelane.auditing.files import write_audit

    def folder(name, cars):
        target = tmp_path / name
        target.mkdir()
        config = {"managed": True, "manager_kind": "property_company", "manager": "某物业"}
        write_audit(audited_in_full(street(6.0, cars, length=60, config=config)), target)
        return target

    parked = [car(30, -1.9, id="V1"), car(50, 2.9, width=0.2, id="V2")]
    opened = books.inspector.open_audit(folder("before", parked)).opened
    cases = {c.case_id: c for c in books.inspector.cases()}
    ours = [i for i in opened if cases[i].quantity in ("clear_width", "obstruction")]
    assert {cases[i].quantity for i in ours} == {"clear_width", "obstruction"}
    assert {cases[i].kind for i in ours} == {"parked_vehicle"}
    outcome = books.inspector.open_audit(folder("after", parked[1:]))
    assert set(ours) == set(outcome.proposed)
    assert set(outcome.repeated) == set(opened) - set(ours)
