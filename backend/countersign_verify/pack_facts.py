"""What a pack says, each part recomputed from the others: the change, the gates, the risk, the policy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from countersign_verify.canonical import (
    Json,
    canonical_bytes,
    canonical_loads,
    canonical_object,
    digest_bytes,
)
from countersign_verify.diff import diff_read
from countersign_verify.dsse import Statement, statement_verify
from countersign_verify.encoding import field, keys_exact
from countersign_verify.errors import RefusedError
from countersign_verify.pack import Pack
from countersign_verify.risk import CAB_ABOVE
from countersign_verify.together import PackRisk, pack_risk
from countersign_verify.tree import (
    Replacement,
    TreeEntry,
    commit_parse,
    commit_tree,
    git_object_id,
    tree_id,
    tree_replace,
)
from countersign_verify.trust import Trust
from countersign_verify.vocabulary import (
    ATTESTATIONS,
    CONTENT_SUBJECT,
    GATE_REPORTS,
    MEMBER_BASE_COMMIT,
    MEMBER_BASE_TREE,
    MEMBER_COMMIT,
    MEMBER_DIFF,
    MEMBER_ENTRIES,
    MEMBER_EXCEPTIONS,
    MEMBER_POLICY,
    MEMBER_RULESET,
    ROLE_CAB,
    STATEMENT_GATES,
    STATEMENT_RISK,
    STATEMENT_TESTS,
    STATEMENTS,
    TIER_CAB,
    TRIAL,
)

MAX_TREE_BYTES = 64 * 1024 * 1024
PASS = "pass"  # noqa: S105 - a gate's verdict
GATE_STATUSES = frozenset({PASS, "fail", "unknown"})
_ENTRY = frozenset({"path", "mode", "blob"})
_GATE = frozenset({"name", "status", "report_digest"})
_GATES = frozenset({"base_commit", "result_tree", "gates"})
TOUCHES = "touches_"  # what the names of risk inputs begin with that name a sensitive area
_EXCEPTION_FIELDS = ("expires_at", "compensating_controls")


def gate_reports(pack: Pack) -> tuple[str, ...]:
    """Return where in a pack the reports of its gates lie."""
    return tuple(path for path in pack.members if path.startswith(GATE_REPORTS))


@dataclass(frozen=True, slots=True)
class ChangeFacts:
    """The change of a pack, recomputed down to its commit."""

    base_tree: tuple[TreeEntry, ...]
    entries: tuple[Replacement, ...]
    patch_digest: str


@dataclass(frozen=True, slots=True)
class RiskFacts:
    """The recomputed score, what is not known, which sensitive areas are touched, and what it was made of."""

    score: int
    unknown: tuple[str, ...]
    recomputed: PackRisk
    sensitive: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """Who must decide, as the pack says."""

    tier: str
    quorum: tuple[tuple[str, int], ...]
    blocked: bool
    passkey: bool = False


def statements_check(pack: Pack, trust: Trust) -> dict[str, Statement]:
    """Check every statement: its kind, the role of its key, and that it is about this very content.

    Raises:
        RefusedError: A signature does not hold, or a statement is missing, unknown or of another pack.
    """
    statements: dict[str, Statement] = {}
    for path in pack.members:
        if path.startswith(ATTESTATIONS) and path not in STATEMENTS:
            raise RefusedError("statement.unknown", f"{path!a} is not a statement that packs carry")
    for path, (role, predicate_type, required) in STATEMENTS.items():
        if path not in pack.members and not required:
            continue
        try:
            statement = statement_verify(pack.read(path), trust.roles[role], predicate_type)
        except RefusedError as error:
            raise RefusedError(error.code, f"{path}: {error.message}") from error
        named = statement.subjects.get(CONTENT_SUBJECT, {}).get("sha256")
        if named is None or f"sha256:{named}" != pack.content_digest:
            raise RefusedError("statement.subject", f"{path} is about the content of another pack")
        statements[path] = statement
    return statements


def change_check(pack: Pack) -> ChangeFacts:
    """Recompute base commit, result tree and change commit from the listed files.

    Raises:
        RefusedError: An id is another than the one recomputed, or the diff is of other blobs.
    """
    base_raw, change_raw = pack.read(MEMBER_BASE_COMMIT), pack.read(MEMBER_COMMIT)
    base_id, base_tree_id = pack.subject_text("base_commit"), pack.subject_text("base_tree")
    result_tree, change_id = pack.subject_text("result_tree"), pack.subject_text("change_commit")
    _same(git_object_id("commit", base_raw), base_id, "the base commit")
    _same(git_object_id("commit", change_raw), change_id, "the change commit")
    _same(commit_tree(base_raw), base_tree_id, "the tree of the base commit")
    change = commit_parse(change_raw)
    _same(change.tree, result_tree, "the tree of the change commit")
    if change.parents != (base_id,):
        raise RefusedError("change.parent", "the change commit does not stand on the base commit")
    base_tree = tuple(_tree_entry(item) for item in objects_read(pack, MEMBER_BASE_TREE))
    entries = entries_read(canonical_loads(pack.read(MEMBER_ENTRIES)))
    _same(tree_id(base_tree), base_tree_id, "the base tree")
    _same(tree_id(tree_replace(base_tree, entries)), result_tree, "the result tree")
    diff = pack.read(MEMBER_DIFF, limit=MAX_TREE_BYTES)
    _diff_check(diff, base_tree, entries)
    return ChangeFacts(base_tree, entries, digest_bytes(diff))


def gates_check(pack: Pack, statements: Mapping[str, Statement]) -> dict[str, str]:
    """Compare the signed verdicts of the gates with their reports.

    Returns:
        The status of each gate.

    Raises:
        RefusedError: A report is missing, extra, of another tree, or says something else.
    """
    predicate = statements[STATEMENT_GATES].predicate
    keys_exact(predicate, _GATES, "the gates statement")
    for name in ("base_commit", "result_tree"):
        if predicate[name] != pack.subject[name]:
            raise RefusedError("gates.subject", f"the gates statement is about another {name}")
    verdicts = gates_read(field(predicate, "gates", list, "the gates statement"))
    reports = {path.removeprefix(GATE_REPORTS).removesuffix(".json"): path for path in gate_reports(pack)}
    if reports.keys() != verdicts.keys():
        raise RefusedError("gates.reports", "the gate reports of the pack are not those of the statement")
    for name, path in reports.items():
        report = canonical_object(pack.read(path))
        status, digest = verdicts[name]
        if pack.members[path].digest != digest:
            raise RefusedError("gates.digest", f"the report of gate {name!a} is not the one that was signed")
        if (report.get("name"), report.get("status")) != (name, status):
            raise RefusedError("gates.status", f"the report of gate {name!a} says something else")
        if report.get("result_tree") != pack.subject["result_tree"]:
            raise RefusedError("gates.tree", f"gate {name!a} looked at another tree")
    _tests_check(statements[STATEMENT_TESTS], verdicts)
    return {name: status for name, (status, _) in verdicts.items()}


def risk_check(pack: Pack, statements: Mapping[str, Statement]) -> RiskFacts:
    """Recompute the risk from its recorded inputs.

    Raises:
        RefusedError: The score, a factor or what is unknown is another.
    """
    found = pack_risk(pack)
    result = found.predicate
    score, unknown = field(result, "score", int, "the risk"), field(result, "unknown", list, "the risk")
    # By their bytes: in Python true equals 1.
    if canonical_bytes(statements[STATEMENT_RISK].predicate) != canonical_bytes(result):
        raise RefusedError("risk.statement", f"the signed risk is not what its inputs give, which is {score}")
    if pack.subject["score"] != score:
        raise RefusedError("risk.score", f"the pack states another score than {score}")
    return RiskFacts(score, tuple(str(name) for name in unknown), found, _sensitive(found.own))


def _sensitive(factors: Mapping[str, Sequence[Mapping[str, Json]]]) -> tuple[str, ...]:
    """The areas of special weight that a change touches, as its recorded inputs say."""
    items = [(str(item.get("name")), item.get("value")) for part in factors.values() for item in part]
    touched = {
        name.removeprefix(TOUCHES) for name, value in items if name.startswith(TOUCHES) and value is True
    }
    if ("dependencies", "changed") in items:
        touched.add("dependencies")
    return tuple(sorted(touched))


def policy_check(pack: Pack, risk: RiskFacts) -> Policy:
    """Check that the policy decision is not weaker than the risk calls for, and cites its rule set.

    Raises:
        RefusedError: It is malformed or weaker, or the rule set is another.
    """
    if digest_bytes(pack.read(MEMBER_RULESET)) != pack.subject_text("ruleset_digest"):
        raise RefusedError("policy.ruleset", "the rule set of the pack is not the one that it names")
    data = canonical_object(pack.read(MEMBER_POLICY))
    quorum: list[tuple[str, int]] = []
    for part in field(data, "quorum", list, "the policy"):
        if not isinstance(part, dict):
            raise RefusedError("policy.quorum", "a part of the quorum is not an object")
        count = field(part, "count", int, "a part of the quorum")
        quorum.append((field(part, "role", str, "a part of the quorum"), count))
    if not quorum or any(count < 1 for _, count in quorum):
        raise RefusedError("policy.quorum", "the policy asks for nobody")
    policy = Policy(
        field(data, "tier", str, "the policy"),
        tuple(quorum),
        field(data, "blocked", bool, "the policy"),
        field({"passkey": False, **data}, "passkey", bool, "the policy"),
    )
    needs_cab = risk.score > CAB_ABOVE or bool(risk.unknown) or bool(risk.sensitive)
    # In a trial one person decides alone, whatever the risk; pack, decision and merge say so.
    if needs_cab and TRIAL not in pack.subject and (policy.tier != TIER_CAB or ROLE_CAB not in dict(quorum)):
        why = f"a score of {risk.score}" if risk.score > CAB_ABOVE else f"unknown {', '.join(risk.unknown)}"
        if risk.score <= CAB_ABOVE and not risk.unknown:
            why = f"a change of {', '.join(risk.sensitive)}"
        raise RefusedError(
            "policy.weak", f"{why} needs the change advisory board, and the policy asks for less"
        )
    return policy


def exceptions_check(pack: Pack) -> int:
    """Check that every exception has an expiry and compensating controls; returns their number.

    Raises:
        RefusedError: One lacks them.
    """
    if MEMBER_EXCEPTIONS not in pack.members:
        return 0
    records = objects_read(pack, MEMBER_EXCEPTIONS)
    for record in records:
        for name in _EXCEPTION_FIELDS:
            if not record.get(name):
                raise RefusedError("exception.field", f"an exception has no {name}")
    return len(records)


def gates_read(items: Sequence[Json]) -> dict[str, tuple[str, str]]:
    """Read ``[{"name", "status", "report_digest"}]``: status and digest by name.

    Raises:
        RefusedError: An entry is malformed, or a gate is named twice, or there are none.
    """
    verdicts: dict[str, tuple[str, str]] = {}
    for item in items:
        if not isinstance(item, dict):
            raise RefusedError("gates.shape", "a gate's verdict is not an object")
        keys_exact(item, _GATE, "a gate's verdict")
        name, status = field(item, "name", str, "a gate"), field(item, "status", str, "a gate")
        if name in verdicts or status not in GATE_STATUSES:
            raise RefusedError("gates.shape", f"the verdict of gate {name[:80]!a} is malformed")
        verdicts[name] = (status, field(item, "report_digest", str, "a gate"))
    if not verdicts:
        raise RefusedError("gates.none", "no gate looked at the change")
    return verdicts


def entries_read(value: Json) -> tuple[Replacement, ...]:
    """Read ``[{"path", "mode", "blob" or null}]``; returns them sorted by path.

    Raises:
        RefusedError: It is malformed or empty, or names a path twice.
    """
    if not isinstance(value, list) or not value:
        raise RefusedError("change.entries", "the changed entries are not a list of at least one")
    entries: list[Replacement] = []
    for item in value:
        if not isinstance(item, dict):
            raise RefusedError("change.entries", "a changed entry is not an object")
        keys_exact(item, _ENTRY, "a changed entry")
        blob = None if item["blob"] is None else field(item, "blob", str, "a changed entry")
        path, mode = field(item, "path", str, "a changed entry"), field(item, "mode", str, "a changed entry")
        entries.append(Replacement(path, mode, blob))
    if len({entry.path for entry in entries}) != len(entries):
        raise RefusedError("change.entries", "the changed entries name a path twice")
    return tuple(sorted(entries))


def _tests_check(statement: Statement, verdicts: Mapping[str, tuple[str, str]]) -> None:
    """A test result may only say PASSED when the tests gate does."""
    passed = verdicts.get("tests", ("unknown", ""))[0] == PASS
    if statement.predicate.get("result") != ("PASSED" if passed else "FAILED"):
        raise RefusedError("tests.result", "the test result is not what the tests gate says")


def _diff_check(diff: bytes, base: Sequence[TreeEntry], entries: Sequence[Replacement]) -> None:
    """The diff that people saw leads from the base's blobs to exactly the entries that are merged."""
    before = {entry.path: entry for entry in base}
    shown = {file.path: file for file in diff_read(diff)}
    if shown.keys() != {entry.path for entry in entries}:
        raise RefusedError("diff.paths", "the diff shows other files than the change has")
    for entry in entries:
        file, old = shown[entry.path], before.get(entry.path)
        if file.old_blob is None and file.new_blob is None:  # only the mode moves
            same = old is not None and old.blob == entry.blob
        else:
            same = file.new_blob == entry.blob and file.old_blob == (old.blob if old else None)
        if not same or (entry.blob is not None and file.mode not in {None, entry.mode}):
            raise RefusedError("diff.blobs", f"the diff of {entry.path[:200]!a} is of other content")


def _tree_entry(item: Mapping[str, Json]) -> TreeEntry:
    keys_exact(item, _ENTRY, "an entry of the base tree")
    where = "an entry of the base tree"
    return TreeEntry(
        field(item, "path", str, where), field(item, "mode", str, where), field(item, "blob", str, where)
    )


def objects_read(pack: Pack, path: str) -> list[dict[str, Json]]:
    """Read a file of a pack that is a list of objects.

    Raises:
        RefusedError: It is something else.
    """
    return objects_require(
        canonical_loads(pack.read(path, limit=MAX_TREE_BYTES), max_bytes=MAX_TREE_BYTES), path
    )


def objects_require(value: Json, path: str) -> list[dict[str, Json]]:
    """Take a value as a list of objects.

    Raises:
        RefusedError: It is something else.
    """
    items = [item for item in value if isinstance(item, dict)] if isinstance(value, list) else None
    if items is None or not isinstance(value, list) or len(items) != len(value):
        raise RefusedError("pack.list", f"{path} is not a list of objects")
    return items


def _same(actual: str, stated: str, what: str) -> None:
    if actual != stated:
        raise RefusedError("change.id", f"{what} is {actual}, not {stated[:80]!a} as the pack states")
