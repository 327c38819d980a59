"""One pack, checked by a stranger: every part recomputed from the others."""

from pathlib import Path
from typing import Any

import pytest

from countersign_verify import vocabulary
from countersign_verify.canonical import canonical_bytes, canonical_loads
from countersign_verify.decision import decision_statement
from countersign_verify.pack_facts import entries_read, gates_read
from countersign_verify.pack_verify import (
    MAX_ENVELOPE_BYTES,
    decisions_beside,
    decisions_verify,
    envelope_file,
    pack_verify,
)
from countersign_verify.report import Report, Status
from countersign_verify.tree import MODE_FILE, Replacement, TreeEntry
from countersign_verify.trust import Trust
from tests.unit.countersign_verify.samples import (
    AUTHOR,
    PackPlan,
    base_tree,
    blob,
    decision_predicate,
    diff_of,
    pack_plan,
    refused,
    risk_inputs,
    sign,
    trust,
)


def checked(plan: PackPlan, directory: Path, trusted: Trust) -> Report:
    file = directory / "pack.tar"
    plan.seal(file)
    report = Report("pack", "")
    verified = pack_verify(file, trusted, report)
    assert (verified is None) == (not report.holds)
    return report


def failure(report: Report, name: str) -> str:
    """The detail of a failed check."""
    return next(check.detail for check in report.failures if check.name == name)


def test_pack_verify_holds_and_names_every_check(tmp_path: Path, trusted: Trust) -> None:
    report = checked(pack_plan(), tmp_path, trusted)
    assert report.holds
    assert [check.name for check in report.checks] == [
        "container", "statements", "change", "gates", "risk", "policy", "exceptions", "reports",
    ]  # fmt: skip


def test_pack_verify_recomputes_added_removed_and_remoded_files(tmp_path: Path, trusted: Trust) -> None:
    entries = (
        Replacement("src/a.py", "100755", blob("src/a.py 0\n")),
        Replacement("src/b.py", MODE_FILE, None),
        Replacement("src/new.py", MODE_FILE, blob("new")),
    )
    before = {entry.path: entry.blob for entry in base_tree()}
    remoded = b"diff --git a/src/a.py b/src/a.py\nold mode 100644\nnew mode 100755\n"
    diff = remoded + diff_of(base_tree(), entries[1:])
    plan = pack_plan(
        entries=entries, edit_members=lambda members: members.update({vocabulary.MEMBER_DIFF: diff})
    )
    assert before["src/a.py"] == entries[0].blob
    assert checked(plan, tmp_path, trusted).holds


def test_pack_verify_stops_at_a_broken_container(tmp_path: Path, trusted: Trust) -> None:
    file = tmp_path / "pack.tar"
    file.write_bytes(b"no pack")
    report = Report()
    assert pack_verify(file, trusted, report) is None
    assert [check.status for check in report.checks[1:]] == [Status.NOT_COVERED] * 6
    missing = Report()
    assert pack_verify(tmp_path / "missing.tar", trusted, missing) is None
    assert "cannot be read" in missing.failures[0].detail


def test_pack_verify_refuses_a_statement_by_the_wrong_role(tmp_path: Path, trusted: Trust) -> None:
    for path, other in {
        vocabulary.STATEMENT_GATES: "scorer",
        vocabulary.STATEMENT_RISK: "gates",
        vocabulary.STATEMENT_PROVENANCE: "stranger",
        vocabulary.STATEMENT_TESTS: "runner",
    }.items():
        report = checked(pack_plan(signers={path: other}), tmp_path, trusted)
        assert path in failure(report, "statements")
        assert "not trusted" in failure(report, "statements")
        assert [check.name for check in report.failures] == ["statements"]


def test_pack_verify_refuses_the_statement_of_another_pack(tmp_path: Path, trusted: Trust) -> None:
    stolen: dict[str, bytes] = {}
    pack_plan(edit_attestations=stolen.update).seal(tmp_path / "other.tar")
    plan = pack_plan(
        run_id="run-2",
        edit_attestations=lambda envelopes: envelopes.update(
            {vocabulary.STATEMENT_GATES: stolen[vocabulary.STATEMENT_GATES]}
        ),
    )
    assert "another pack" in failure(checked(plan, tmp_path, trusted), "statements")


def test_pack_verify_refuses_a_statement_that_packs_do_not_carry(tmp_path: Path, trusted: Trust) -> None:
    plan = pack_plan(edit_attestations=lambda found: found.update({"attestations/more.json": b"{}"}))
    assert "more.json" in failure(checked(plan, tmp_path, trusted), "statements")


def test_pack_verify_checks_an_optional_statement_when_it_is_there(tmp_path: Path, trusted: Trust) -> None:
    plan = pack_plan(
        edit_attestations=lambda found: found.update({vocabulary.STATEMENT_VULNERABILITIES: b"{}"})
    )
    assert "vulnerabilities" in failure(checked(plan, tmp_path, trusted), "statements")


def member(path: str, data: bytes) -> dict[str, Any]:
    return {"edit_members": lambda members: members.update({path: data})}


def test_pack_verify_recomputes_the_change(tmp_path: Path, trusted: Trust) -> None:
    sound = pack_plan()
    other_tree = [*base_tree()[:-1], TreeEntry("tests/test_a.py", MODE_FILE, blob("other"))]
    listed = [{"path": entry.path, "mode": entry.mode, "blob": entry.blob} for entry in other_tree]
    other_entry = [{"path": "src/a.py", "mode": MODE_FILE, "blob": blob("other")}]
    cases: list[tuple[dict[str, Any], str]] = [
        (member(vocabulary.MEMBER_BASE_COMMIT, sound.base_raw + b" "), "the base commit is"),
        (member(vocabulary.MEMBER_COMMIT, sound.change[1] + b" "), "the change commit is"),
        (member(vocabulary.MEMBER_BASE_TREE, canonical_bytes(listed)), "the base tree is"),
        (member(vocabulary.MEMBER_BASE_TREE, b"{}"), "not a list"),
        (member(vocabulary.MEMBER_BASE_TREE, b"[1]"), "not a list"),
        (member(vocabulary.MEMBER_BASE_TREE, b'[{"path":"a"}]'), "lacks"),
        (member(vocabulary.MEMBER_ENTRIES, canonical_bytes(other_entry)), "the result tree is"),
        (member(vocabulary.MEMBER_ENTRIES, b"[]"), "at least one"),
        (member(vocabulary.MEMBER_ENTRIES, b"[1]"), "not an object"),
        (member(vocabulary.MEMBER_DIFF, b""), "other files"),
        (
            member(vocabulary.MEMBER_DIFF, diff_of(other_tree, sound.entries).replace(b"a.py", b"c.py")),
            "other files",
        ),
        (
            member(
                vocabulary.MEMBER_DIFF, diff_of(sound.tree, [Replacement("src/a.py", MODE_FILE, blob("x"))])
            ),
            "other content",
        ),
        (
            member(vocabulary.MEMBER_DIFF, diff_of(sound.tree, sound.entries).replace(b"100644", b"100755")),
            "other content",
        ),
        ({"edit_subject": lambda subject: subject.update(base_tree="a" * 40)}, "the tree of the base commit"),
        (
            {"edit_subject": lambda subject: subject.update(result_tree="a" * 40)},
            "the tree of the change commit",
        ),
    ]
    for changes, words in cases:
        assert words in failure(checked(pack_plan(**changes), tmp_path, trusted), "change")


def test_pack_verify_refuses_a_change_commit_on_another_base(tmp_path: Path, trusted: Trust) -> None:
    plan = pack_plan()
    raw = plan.change[1].replace(f"parent {plan.base_commit}".encode(), b"parent " + b"a" * 40)
    from countersign_verify.tree import git_object_id

    changed = pack_plan(
        **member(vocabulary.MEMBER_COMMIT, raw),
        edit_subject=lambda subject: subject.update(change_commit=git_object_id("commit", raw)),
    )
    assert "does not stand on" in failure(checked(changed, tmp_path, trusted), "change")


def predicate_edit(path: str, **changes: object) -> dict[str, Any]:
    return {"edit_statements": lambda statements: statements[path]["predicate"].update(changes)}


def test_pack_verify_holds_gate_verdicts_against_their_reports(tmp_path: Path, trusted: Trust) -> None:
    def report_of(**changes: object) -> dict[str, Any]:
        def edit(members: dict[str, Any]) -> None:
            report = canonical_loads(members["gates/lint.json"])
            assert isinstance(report, dict)
            members["gates/lint.json"] = canonical_bytes({**report, **changes})  # type: ignore[dict-item]  # JSON

        return {"edit_members": edit}

    gates = vocabulary.STATEMENT_GATES
    cases: list[tuple[dict[str, Any], str]] = [
        (report_of(status="fail"), "says something else"),
        (report_of(name="tests"), "says something else"),
        (report_of(result_tree="a" * 40), "another tree"),
        (member("gates/extra.json", b"{}"), "not those of the statement"),
        ({"edit_members": lambda members: members.pop("gates/lint.json")}, "not those of the statement"),
        (predicate_edit(gates, base_commit="a" * 40), "another base_commit"),
        (predicate_edit(gates, result_tree="a" * 40), "another result_tree"),
        (predicate_edit(gates, more=1), "unknown fields"),
        (predicate_edit(gates, gates=[]), "no gate looked"),
        (predicate_edit(vocabulary.STATEMENT_TESTS, result="WARNED"), "not what the tests gate says"),
        (
            {
                "gates": {"lint": "pass", "tests": "fail"},
                **predicate_edit(vocabulary.STATEMENT_TESTS, result="PASSED"),
            },
            "tests gate",
        ),
    ]
    for changes, words in cases:
        assert words in failure(checked(pack_plan(**changes), tmp_path, trusted), "gates")


def test_pack_verify_refuses_a_gate_report_that_was_swapped_after_signing(
    tmp_path: Path, trusted: Trust
) -> None:
    def edit(statements: dict[str, Any]) -> None:
        statements[vocabulary.STATEMENT_GATES]["predicate"]["gates"][0]["report_digest"] = (
            "sha256:" + "0" * 64
        )

    assert "not the one that was signed" in failure(
        checked(pack_plan(edit_statements=edit), tmp_path, trusted), "gates"
    )


@pytest.mark.parametrize(
    "items",
    [
        [1],
        [{"name": "a", "status": "pass"}],
        [{"name": "a", "status": "skipped", "report_digest": "x"}],
        [{"name": "a", "status": "pass", "report_digest": "x"}] * 2,
    ],
)
def test_gates_read_refuses_a_malformed_verdict(items: list[Any]) -> None:
    with pytest.raises(ValueError, match=r"gates\.shape|field\.missing"):
        gates_read(items)


def test_entries_read_refuses_a_path_twice() -> None:
    entry: Any = {"path": "a", "mode": MODE_FILE, "blob": None}
    assert entries_read([entry]) == (Replacement("a", MODE_FILE, None),)
    with refused("change.entries"):
        entries_read([entry, entry])


def test_pack_verify_recomputes_the_risk(tmp_path: Path, trusted: Trust) -> None:
    inputs, risk = vocabulary.MEMBER_RISK_INPUTS, vocabulary.STATEMENT_RISK
    cases: list[tuple[dict[str, Any], str]] = [
        (member(inputs, canonical_bytes(risk_inputs(200))), "which is 20"),
        (member(inputs, b"{}"), "missing or unknown"),
        (member(inputs, b'{"history":1}'), "not a list"),
        (member(inputs, b'{"history":[1]}'), "not an object"),
        (predicate_edit(risk, score=1), "which is 30"),
        (predicate_edit(risk, unknown=["history"]), "which is 30"),
        ({"edit_subject": lambda subject: subject.update(score=29)}, "another score than 30"),
    ]
    for changes, words in cases:
        report = checked(pack_plan(**changes), tmp_path, trusted)
        assert words in failure(report, "risk")
        assert "policy" not in [check.name for check in report.failures]


CAB = {"tier": "cab", "quorum": [{"role": "cab_member", "count": 2}], "reasons": [], "blocked": False}
DIRECTOR = {**CAB, "tier": "director", "quorum": [{"role": "director", "count": 1}]}


@pytest.mark.parametrize(
    ("effect", "policy", "holds"),
    [
        (500, DIRECTOR, True),
        (501, DIRECTOR, False),
        (501, CAB, True),
        (501, {**DIRECTOR, "tier": "cab"}, False),
        (501, {**CAB, "tier": "director"}, False),
        (300, {**DIRECTOR, "quorum": []}, False),
        (300, {**DIRECTOR, "quorum": ["director"]}, False),
        (300, {**DIRECTOR, "quorum": [{"role": "director", "count": 0}]}, False),
        (300, {**DIRECTOR, "blocked": "no"}, False),
    ],
)
def test_pack_verify_asks_for_the_board_above_fifty(
    tmp_path: Path, trusted: Trust, effect: int, policy: dict[str, Any], holds: bool
) -> None:
    report = checked(pack_plan(effect=effect, policy=policy), tmp_path, trusted)
    assert report.holds == holds
    assert [check.name for check in report.failures] == ([] if holds else ["policy"])


def unknown_risk(members: dict[str, Any]) -> None:
    inputs = risk_inputs()
    inputs["history"][0]["known"] = False
    members[vocabulary.MEMBER_RISK_INPUTS] = canonical_bytes(inputs)


def test_pack_verify_asks_for_the_board_when_a_factor_is_unknown(tmp_path: Path, trusted: Trust) -> None:
    from countersign_verify.risk import risk_evaluate

    inputs = risk_inputs()
    inputs["history"][0]["known"] = False
    changes = predicate_edit(vocabulary.STATEMENT_RISK, **risk_evaluate(inputs))
    report = checked(pack_plan(edit_members=unknown_risk, **changes), tmp_path, trusted)
    assert "unknown history needs the change advisory board" in failure(report, "policy")
    assert checked(pack_plan(edit_members=unknown_risk, policy=CAB, **changes), tmp_path, trusted).holds


@pytest.mark.parametrize(
    ("name", "value", "area"),
    [
        ("touches_authentication", True, "authentication"),
        ("touches_ci", True, "ci"),
        ("dependencies", "changed", "dependencies"),
        ("touches_ci", False, ""),
        ("dependencies", "no dependency change", ""),
    ],
)
def test_pack_verify_asks_for_the_board_where_a_sensitive_area_is_touched(
    tmp_path: Path, trusted: Trust, name: str, value: bool | str, area: str
) -> None:
    from countersign_verify.risk import risk_evaluate

    inputs = risk_inputs()
    inputs["privilege_impact"][0].update(name=name, value=value)
    changes: dict[str, Any] = predicate_edit(vocabulary.STATEMENT_RISK, **risk_evaluate(inputs))
    changes |= member(vocabulary.MEMBER_RISK_INPUTS, canonical_bytes(inputs))
    report = checked(pack_plan(**changes), tmp_path, trusted)
    assert report.holds == (not area)
    if area:
        assert f"a change of {area} needs the change advisory board" in failure(report, "policy")
    assert checked(pack_plan(policy=CAB, **changes), tmp_path, trusted).holds


def test_pack_verify_refuses_another_rule_set(tmp_path: Path, trusted: Trust) -> None:
    report = checked(pack_plan(**member(vocabulary.MEMBER_RULESET, b"[]")), tmp_path, trusted)
    assert "not the one that it names" in failure(report, "policy")


def test_pack_verify_wants_bounded_exceptions(tmp_path: Path, trusted: Trust) -> None:
    bounded = {"rule": "R1", "expires_at": "2026-03-01", "compensating_controls": ["review"]}

    def plan(*records: dict[str, Any]) -> PackPlan:
        return pack_plan(**member(vocabulary.MEMBER_EXCEPTIONS, canonical_bytes(list(records))))

    assert checked(plan(bounded), tmp_path, trusted).holds
    for name in ("expires_at", "compensating_controls"):
        report = checked(plan({**bounded, name: ""}), tmp_path, trusted)
        assert name in failure(report, "exceptions")


def decided(tmp_path: Path, trusted: Trust, **changes: object) -> Report:
    plan = pack_plan()
    sealed = plan.seal(tmp_path / "pack.tar")
    predicate = decision_predicate(plan, sealed.digest, **changes)
    (tmp_path / "d.dsse.json").write_bytes(sign(decision_statement(predicate), "decisions"))
    report = Report()
    verified = pack_verify(tmp_path / "pack.tar", trusted, report)
    assert verified is not None
    decisions_verify(verified, decisions_beside(tmp_path / "pack.tar"), trusted, report)
    return report


def test_decisions_beside_a_pack_are_checked(tmp_path: Path, trusted: Trust) -> None:
    report = decided(tmp_path, trusted)
    assert report.holds
    assert "1 of 1 approve exactly this pack" in next(c.detail for c in report.checks if c.name == "decision")
    assert report.checks[-1].name == "log"


def test_decisions_on_other_packs_are_passed_over(tmp_path: Path, trusted: Trust) -> None:
    other = "sha256:" + "e" * 64
    report = decided(tmp_path, trusted, subject={"kind": "change", "id": "run-1", "digest": other})
    assert report.holds
    assert "no decision on this pack" in next(c.detail for c in report.checks if c.name == "decision")


def test_decision_without_a_person_is_said_plainly(tmp_path: Path) -> None:
    report = decided(tmp_path, trust(allow_unattended=True), unattended=True)
    assert "UNATTENDED" in next(c.detail for c in report.checks if c.name == "decision")
    assert "asks for one" in failure(decided(tmp_path, trust(), unattended=True), "decision")


def bound(**changes: object) -> dict[str, Any]:
    plan = pack_plan()
    return {**decision_predicate(plan, "x")["change"], **changes}


def test_decision_bound_to_anything_else_fails(tmp_path: Path, trusted: Trust) -> None:
    digest = pack_plan().seal(tmp_path / "pack.tar").digest
    cases: dict[str, dict[str, Any]] = {
        "another run": bound(manifest_digest=digest, run_id="run-9"),
        "another base commit": bound(manifest_digest=digest, base_commit="a" * 40),
        "another result tree": bound(manifest_digest=digest, result_tree="a" * 40),
        "another manifest digest": bound(manifest_digest="sha256:" + "a" * 64),
        "another score": bound(manifest_digest=digest, score=29),
        "another rule set": bound(manifest_digest=digest, ruleset_digest="sha256:" + "a" * 64),
    }
    for words, change in cases.items():
        assert words in failure(decided(tmp_path, trusted, change=change), "decision")
    assert "leaves out persons" in failure(decided(tmp_path, trusted, excluded=[]), "decision")
    both = decided(
        tmp_path,
        trusted,
        approver={**decision_predicate(pack_plan(), digest)["approver"], "person_id": AUTHOR},
    )
    assert "took part in the change" in failure(both, "decision")
    phase = {"kind": "phase", "id": "p", "digest": digest}
    assert "another pack" in failure(decided(tmp_path, trusted, subject=phase, change=None), "decision")


def test_decision_not_covered_when_none_lies_beside(tmp_path: Path, trusted: Trust) -> None:
    pack_plan().seal(tmp_path / "pack.tar")
    report = Report()
    verified = pack_verify(tmp_path / "pack.tar", trusted, report)
    assert verified is not None
    assert verified.passed
    assert decisions_verify(verified, decisions_beside(tmp_path / "pack.tar"), trusted, report) == []
    assert report.checks[-1].status is Status.NOT_COVERED


def test_envelope_file_refuses_what_is_too_large(tmp_path: Path) -> None:
    (tmp_path / "d").write_bytes(b" " * (MAX_ENVELOPE_BYTES + 1))
    with refused("dsse.size"):
        envelope_file(tmp_path / "d")
