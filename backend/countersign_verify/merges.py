"""Merges: what was decided is what was merged, commit by commit, recomputed without a repository."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from countersign_verify.addendum import (
    KIND_MERGE,
    Addendum,
    addendum_check,
)
from countersign_verify.break_glass import Window, merge_under_glass
from countersign_verify.canonical import Json
from countersign_verify.decision import APPROVE, Decision, quorum_check
from countersign_verify.encoding import base64_decode, digest_check, keys_exact
from countersign_verify.encoding import field as json_field
from countersign_verify.errors import RefusedError
from countersign_verify.gate_configuration import is_gate_configuration
from countersign_verify.log_events import LoggedEvent
from countersign_verify.pack_facts import entries_read
from countersign_verify.pack_verify import VerifiedPack, decision_bound
from countersign_verify.participants import Participants
from countersign_verify.relaxed import Relaxations
from countersign_verify.together import apart_check, beside_check
from countersign_verify.tree import (
    Commit,
    Replacement,
    TreeEntry,
    commit_parse,
    git_object_id,
    object_id_check,
    tree_changes,
    tree_id,
    tree_replace,
)
from countersign_verify.trial_log import merge_branch_check

STATE_FILE = "docs/project_state.md"
_FIELDS = frozenset(
    {
        "run_id",
        "pack",
        "decision_ids",
        "addendum",
        "base_before",
        "merge_commit",
        "merge_commit_object",
        "state_commit",
        "state_commit_object",
        "state_entry",
        "tag",
        "result_tree",
        "entries",
    }
)
# What the event of a merge and the index must say alike.
_BOUND = ("pack", "base_before", "merge_commit", "state_commit", "tag", "result_tree")

_INTENDED = ("base_before", "merge_commit", "state_commit", "tag", "result_tree")


@dataclass(frozen=True, slots=True)
class Merge:
    """One merge, as the index of an export tells it."""

    run_id: str
    pack: str
    decision_ids: tuple[str, ...]
    addendum: str
    base_before: str
    merge_commit: str
    merge_raw: bytes
    state_commit: str
    state_raw: bytes
    state_entry: Replacement
    tag: str
    result_tree: str
    entries: tuple[Replacement, ...]


@dataclass(frozen=True, slots=True)
class LoggedDecision:
    """A decision, its event in the log, and the passkey that signed it where one did."""

    id: str
    decision: Decision
    event: LoggedEvent
    passkey: str = ""


@dataclass(frozen=True, slots=True)
class LoggedAddendum:
    """An addendum and its event in the log."""

    id: str
    addendum: Addendum
    event: LoggedEvent


@dataclass(frozen=True, slots=True)
class HistoryCommit:
    """A commit whose whole tree is known, and who made it."""

    parent: str
    kind: str
    run_id: str
    tree: tuple[TreeEntry, ...] | None
    trial: bool = False


@dataclass(slots=True)
class History:
    """Everything that merges are held against; it grows with every merge that holds.

    Attributes:
        sealed: The event that sealed each pack, by the pack's digest.
        intended: The event that recorded the intent of each merge before it was made, by run; an intent that
            was abandoned in between is none.
        ended: The event by which a request was voided or expired, by request.
        unmade: The event by which the key of a pack was destroyed, by the pack's digest.
        trials: The projects that began as a trial.
        participants: Who took part in which run.
        relaxations: Which exceptions were granted, and which modes rules were given.
        windows: The break-glass windows, by id.
        under_glass: The window under which runs were merged without their quorum, by run.
        packs: The packs that hold, by digest.
        decisions: The decisions that hold, by id.
        addenda: The addenda that hold, by id.
        commits: The commits that merges made, by id.
        sessions: The packs that were merged and can be read, by run, by the session of their changes.
    """

    sealed: Mapping[str, LoggedEvent]
    intended: Mapping[str, LoggedEvent]
    ended: Mapping[str, LoggedEvent]
    unmade: Mapping[str, LoggedEvent] = field(default_factory=dict)
    trials: frozenset[str] = frozenset()
    participants: Participants = field(default_factory=Participants)
    relaxations: Relaxations = field(default_factory=Relaxations)
    windows: dict[str, Window] = field(default_factory=dict)
    under_glass: dict[str, str] = field(default_factory=dict)
    packs: dict[str, VerifiedPack] = field(default_factory=dict)
    decisions: dict[str, LoggedDecision] = field(default_factory=dict)
    addenda: dict[str, LoggedAddendum] = field(default_factory=dict)
    commits: dict[str, HistoryCommit] = field(default_factory=dict)
    sessions: dict[str, dict[str, VerifiedPack]] = field(default_factory=dict)

    def is_unmade(self, pack: str) -> bool:
        """Whether a pack can't be read any more because the log says that its key was destroyed."""
        return pack in self.unmade and pack not in self.packs

    def tree_of(self, commit: str) -> tuple[TreeEntry, ...]:
        """The files of a commit, from an earlier merge or from a pack that starts from it.

        Raises:
            RefusedError: No file of the export tells them.
        """
        known = self.commits.get(commit)
        if known is not None and known.tree is not None:
            return known.tree
        for verified in self.packs.values():
            if verified.pack.subject["base_commit"] == commit:
                return verified.change.base_tree
        raise RefusedError("merge.base", f"nothing in the export tells the tree of {commit}")


def merge_read(item: Json) -> Merge:
    """Read a merge of the index.

    Raises:
        RefusedError: It is malformed.
    """
    if not isinstance(item, dict):
        raise RefusedError("index.merge", "a merge of the index is not an object")
    where = "a merge of the index"
    keys_exact(item, _FIELDS, where)
    ids = json_field(item, "decision_ids", list, where)
    texts = tuple(text for text in ids if isinstance(text, str))
    if len(texts) != len(ids) or not texts:
        raise RefusedError("index.merge", "a merge of the index names no decisions")
    addendum = "" if item["addendum"] is None else json_field(item, "addendum", str, where)
    return Merge(
        run_id=json_field(item, "run_id", str, where),
        pack=digest_check(item["pack"], "the pack of a merge"),
        decision_ids=texts,
        addendum=addendum,
        base_before=object_id_check(item["base_before"], "the base of a merge"),
        merge_commit=object_id_check(item["merge_commit"], "a merge commit"),
        merge_raw=base64_decode(json_field(item, "merge_commit_object", str, where)),
        state_commit=object_id_check(item["state_commit"], "a state commit"),
        state_raw=base64_decode(json_field(item, "state_commit_object", str, where)),
        state_entry=entries_read([item["state_entry"]])[0],
        tag=json_field(item, "tag", str, where),
        result_tree=object_id_check(item["result_tree"], "the result tree of a merge"),
        entries=entries_read(item["entries"]),
    )


def merge_check(merge: Merge, event: LoggedEvent, history: History) -> None:
    """Check one merge against its event, its pack, its decisions and the commits before it.

    Raises:
        RefusedError: Anything of it is other than what was decided.
    """
    _event_check(merge, event, history)
    if history.is_unmade(merge.pack):
        _unmade_check(merge, event, history)
        return
    verified = history.packs.get(merge.pack)
    if verified is None:
        raise RefusedError("merge.pack", "its pack is not in the export, or does not hold")
    if verified.pack.subject["run_id"] != merge.run_id or verified.change.entries != merge.entries:
        raise RefusedError("merge.pack", "its pack is about another run or other entries")
    if verified.policy.blocked or not verified.passed:
        raise RefusedError("merge.gates", "it was merged although policy or a gate stopped it")
    merge_branch_check(verified.trial, (history.intended[merge.run_id], event), merge.merge_raw)
    decisions = _decisions(merge, event, history)
    for logged in decisions:
        decision_bound(logged.decision, verified)
        if logged.decision.expires_at < event.time:
            raise RefusedError("merge.expired", "it was merged after a decision on it had expired")
    window = _glass_check(merge, decisions, history, verified.pack.subject_text("project"))
    approvals_check(decisions, verified, under_glass=bool(window))
    if merge.base_before == verified.pack.subject["base_commit"]:
        if merge.addendum:
            raise RefusedError("merge.addendum", "it has an addendum although its base did not move")
    else:
        _carry_over_check(merge, event, verified, decisions, history)
    _together_check(merge, verified, history)
    _commits_check(merge, verified, history)
    history.sessions.setdefault(verified.risk.recomputed.session, {})[merge.run_id] = verified


def _unmade_check(merge: Merge, event: LoggedEvent, history: History) -> None:
    """What still holds of a merge whose pack nobody can read: its decisions, its commits, and its place."""
    if history.unmade[merge.pack].index < event.index:
        raise RefusedError("merge.unmade", "it was merged after the key of its pack was destroyed")
    decisions = _decisions(merge, event, history)
    for logged in decisions:
        change = logged.decision.change
        if logged.decision.subject_digest != merge.pack or change is None or change.run_id != merge.run_id:
            raise RefusedError("decision.pack", "the decision is on another pack or run")
        if logged.decision.expires_at < event.time:
            raise RefusedError("merge.expired", "it was merged after a decision on it had expired")
        merge_branch_check(logged.decision.trial, (history.intended[merge.run_id], event), merge.merge_raw)
        if merge.addendum:
            addendum = _addendum(merge.addendum, history).addendum
            bound = (addendum.pack, addendum.run_id, addendum.previous_base, addendum.new_base)
            if bound != (merge.pack, merge.run_id, change.base_commit, merge.base_before):
                raise RefusedError("merge.addendum", "its addendum is about another pack, run or base")
            if addendum.result_tree != merge.result_tree or not logged.decision.carry_over_allowed:
                raise RefusedError("merge.carried", "a decision on it may not be carried over to this result")
            _steps_check(addendum, history, trial=bool(logged.decision.trial))
        elif (change.base_commit, change.result_tree) != (merge.base_before, merge.result_tree):
            raise RefusedError("decision.binding", "the decision is bound to another base or result")
    _glass_check(merge, decisions, history, None)
    _unmade_commits(merge, history, trial=any(logged.decision.trial for logged in decisions))


def _unmade_commits(merge: Merge, history: History, *, trial: bool) -> None:
    """The commits are those of their ids; their trees are recomputed where another file tells the base."""
    commit = _commit(merge.merge_raw, merge.merge_commit, "merge commit")
    if commit.tree != merge.result_tree or commit.parents[:1] != (merge.base_before,):
        raise RefusedError("merge.commit", "the merge commit has another tree or other parents")
    state = _commit(merge.state_raw, merge.state_commit, "state commit")
    if state.parents != (merge.merge_commit,):
        raise RefusedError("merge.state", "the state commit does not stand on the merge commit")
    try:
        base = history.tree_of(merge.base_before)
    except RefusedError:
        result, with_state = None, None
    else:
        result = tree_replace(base, merge.entries)
        with_state = tree_replace(result, [merge.state_entry])
        if (tree_id(result), tree_id(with_state)) != (merge.result_tree, state.tree):
            raise RefusedError("merge.tree", "base and entries do not give the trees that were merged")
    _commits_keep(merge, history, result, with_state, trial=trial)


def _event_check(merge: Merge, event: LoggedEvent, history: History) -> None:
    stated = {
        "pack": merge.pack,
        "base_before": merge.base_before,
        "merge_commit": merge.merge_commit,
        "state_commit": merge.state_commit,
        "tag": merge.tag,
        "result_tree": merge.result_tree,
    }
    for name in _BOUND:
        if event.data[name] != stated[name]:
            raise RefusedError("merge.event", f"the log says another {name.replace('_', ' ')}")
    ids = json_field(event.data, "decision_ids", list, "the event of the merge")
    if ids != list(merge.decision_ids):
        raise RefusedError("merge.event", "the log names other decisions")
    logged = event.data["addendum"] or ""
    if bool(logged) != bool(merge.addendum) or (
        logged and _addendum(str(logged), history).id != _addendum(merge.addendum, history).id
    ):
        raise RefusedError("merge.event", "the log names another addendum")
    intent = history.intended.get(merge.run_id)
    if intent is None:
        raise RefusedError("merge.intent", "the log does not say that it was intended before it was made")
    for name in _INTENDED:
        if intent.data[name] != stated[name]:
            raise RefusedError(
                "merge.intent", f"the log says that another {name.replace('_', ' ')} was intended"
            )
    sealed = history.sealed.get(merge.pack)
    if sealed is None or sealed.subject_id != merge.run_id or sealed.index > event.index:
        raise RefusedError(
            "merge.sealed", "the log does not say that its pack was sealed for this run before"
        )


def _decisions(merge: Merge, event: LoggedEvent, history: History) -> list[LoggedDecision]:
    """The approvals of a merge, all logged before it; and nobody who decided otherwise was left out."""
    found: list[LoggedDecision] = []
    for decision_id in merge.decision_ids:
        logged = history.decisions.get(decision_id)
        if logged is None or logged.event.index > event.index:
            raise RefusedError(
                "merge.decision", f"the decision {decision_id[:80]!a} was not logged before it"
            )
        ended = history.ended.get(logged.decision.request_id)
        if ended is not None and ended.index < event.index:
            raise RefusedError("merge.void", f"the request of the decision {decision_id[:80]!a} had ended")
        found.append(logged)
    for logged in history.decisions.values():
        same = logged.decision.subject_digest == merge.pack and logged.event.index < event.index
        if same and logged.decision.verdict != APPROVE:
            raise RefusedError("merge.rejected", f"the decision {logged.id[:80]!a} did not approve it")
    return found


def _glass_check(
    merge: Merge, decisions: Sequence[LoggedDecision], history: History, project: str | None
) -> str:
    """What was merged under break-glass is named as such; returns the window, or nothing."""
    made = [logged.decision for logged in decisions]
    intent = history.intended[merge.run_id]
    window = merge_under_glass(made, project, intent, merge.merge_raw, history.windows)
    if window:
        history.under_glass[merge.run_id] = window
    return window


def approvals_check(
    decisions: Sequence[LoggedDecision], verified: VerifiedPack, *, under_glass: bool
) -> None:
    """Check that decisions make the quorum of the policy inside the pack; under break-glass one is enough.

    Raises:
        RefusedError: They do not: too few, one person or one passkey twice, or a passkey is missing.
    """
    quorum = [(role, 1) for role in {logged.decision.role for logged in decisions}]
    quorum_check([logged.decision for logged in decisions], quorum if under_glass else verified.policy.quorum)
    _passkeys_check(decisions, asked=verified.policy.passkey)


def _passkeys_check(decisions: Sequence[LoggedDecision], *, asked: bool) -> None:
    """Each signed with a passkey where the policy asks for one, and no passkey signed twice."""
    names = [logged.passkey for logged in decisions if logged.passkey]
    if asked and len(names) < len(decisions):
        raise RefusedError("merge.passkey", "the policy asks for passkeys, and a decision has none")
    if len(set(names)) < len(names):
        raise RefusedError("quorum.key", "one passkey signed two decisions")


def _together_check(merge: Merge, verified: VerifiedPack, history: History) -> None:
    """Splitting a change did not lower its risk: the parts were scored together."""
    risk = verified.risk.recomputed
    named = {other.pack for other in risk.beside} & history.packs.keys()
    beside_check(risk, {digest: history.packs[digest].pack for digest in named})
    for run_id, earlier in history.sessions.get(risk.session, {}).items():
        apart_check(risk, earlier.risk.recomputed, (merge.run_id, run_id))


def _carry_over_check(
    merge: Merge,
    event: LoggedEvent,
    verified: VerifiedPack,
    decisions: Sequence[LoggedDecision],
    history: History,
) -> None:
    """The base moved: check that the decisions could be carried over to the new one."""
    if not merge.addendum:
        raise RefusedError(
            "merge.addendum", "its base moved, and no addendum says that it was verified again"
        )
    logged = _addendum(merge.addendum, history)
    addendum = logged.addendum
    if logged.event.index > event.index:
        raise RefusedError("merge.addendum", "its addendum was logged after it")
    addendum_check(addendum, verified)
    if addendum.new_base != merge.base_before or addendum.result_tree != merge.result_tree:
        raise RefusedError("merge.addendum", "its addendum is about another base or result")
    for item in decisions:
        if not item.decision.carry_over_allowed or item.decision.request_id != addendum.request_id:
            raise RefusedError("merge.carried", "a decision on it may not be carried over by this addendum")
    _steps_check(addendum, history, trial=bool(verified.trial))
    moved = tree_changes(history.tree_of(addendum.previous_base), history.tree_of(addendum.new_base))
    touched = {entry.path for entry in merge.entries}
    for change in moved:
        if change.path in touched:
            raise RefusedError("merge.touched", f"{change.path[:200]!a} changed under it while it waited")
        if is_gate_configuration(change.path):
            raise RefusedError(
                "merge.gates", f"{change.path[:200]!a}, which configures gates, changed under it"
            )


def _steps_check(addendum: Addendum, history: History, *, trial: bool) -> None:
    """Every commit in between is a merge or state entry of this log, in one unbroken line."""
    current = addendum.previous_base
    for step in addendum.intervening:
        commit = history.commits.get(step.commit)
        if commit is None or (commit.kind, commit.run_id) != (step.kind, step.run_id):
            raise RefusedError("merge.step", f"the commit {step.commit} in between is not one of this log")
        if commit.trial != trial:
            raise RefusedError(
                "merge.step", f"the commit {step.commit} in between is one of a trial, or not one"
            )
        if commit.parent != current:
            raise RefusedError("merge.step", f"the commit {step.commit} does not stand on {current}")
        current = step.commit
    if current != addendum.new_base:
        raise RefusedError("merge.step", "the commits in between do not lead to the new base")


def _commits_check(merge: Merge, verified: VerifiedPack, history: History) -> None:
    """Recompute the merge commit and the state commit."""
    base = history.tree_of(merge.base_before)
    result = tree_replace(base, merge.entries)
    if tree_id(result) != merge.result_tree:
        raise RefusedError("merge.tree", "base and entries do not give the tree that was merged")
    commit = _commit(merge.merge_raw, merge.merge_commit, "merge commit")
    change = verified.pack.subject_text("change_commit")
    if commit.tree != merge.result_tree or commit.parents != (merge.base_before, change):
        raise RefusedError("merge.commit", "the merge commit has another tree or other parents")
    state = _commit(merge.state_raw, merge.state_commit, "state commit")
    if merge.state_entry.path != STATE_FILE or merge.state_entry.blob is None:
        raise RefusedError("merge.state", f"the state commit changes another file than {STATE_FILE}")
    with_state = tree_replace(result, [merge.state_entry])
    if state.parents != (merge.merge_commit,) or state.tree != tree_id(with_state):
        raise RefusedError("merge.state", "the state commit holds more than the project state")
    _commits_keep(merge, history, result, with_state, trial=bool(verified.trial))


def _commits_keep(
    merge: Merge,
    history: History,
    result: tuple[TreeEntry, ...] | None,
    with_state: tuple[TreeEntry, ...] | None,
    *,
    trial: bool,
) -> None:
    """Remember both commits: what is merged later may stand on them."""
    history.commits[merge.merge_commit] = HistoryCommit(
        merge.base_before, KIND_MERGE, merge.run_id, result, trial
    )
    history.commits[merge.state_commit] = HistoryCommit(
        merge.merge_commit, "state", merge.run_id, with_state, trial
    )


def _commit(raw: bytes, stated: str, what: str) -> Commit:
    if git_object_id("commit", raw) != stated:
        raise RefusedError("merge.commit", f"the {what} is not the one of that id")
    return commit_parse(raw)


def _addendum(name: str, history: History) -> LoggedAddendum:
    """An addendum by its id or by the digest of its statement."""
    for logged in history.addenda.values():
        if name in {logged.id, logged.addendum.statement_digest}:
            return logged
    raise RefusedError("merge.addendum", "its addendum is not in the export, or does not hold")
