"""What people and programs ask for: each command checks the permission, calls services, puts work in line."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from countersign.accounts.policies import require
from countersign.approvals.contracts import AskedItem
from countersign.approvals.services import decision_prepare, decision_record
from countersign.findings.services import session_create
from countersign.jobs.services import job_submit
from countersign.plans.contracts import WorkItemState
from countersign.plans.selectors import inputs_of_work, work_item_get
from countersign.plans.services import plan_import as plan_store
from countersign.plans.services import work_item_move, work_item_start
from countersign.projects.selectors import project_get
from countersign.projects.services import project_create, project_settings_change
from countersign.runs.contracts import ENDED_RUN_STATES
from countersign.runs.errors import RunStateConflict
from countersign.runs.selectors import run_list
from countersign.runs.services import run_create
from countersign.shared.env import demo_installation, environment
from countersign.shared.errors import Conflict, InvalidInput
from countersign.workflow.asked import asked_for, askers
from countersign.workflow.contracts import RunBegun
from countersign.workflow.deadlines import owners_read
from countersign.workflow.executor import EXECUTOR
from countersign.workflow.inputs import inputs_given
from countersign.workflow.naming import slugify
from countersign.workflow.places import repository_path
from countersign.workflow.prompting import prompt_for
from countersign.workflow.quorums import quorum_require
from countersign.workflow.standing import standing_require

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from countersign.approvals.contracts import AssertionInput, PreparedData, Verdict
    from countersign.plans.contracts import PlanData
    from countersign.projects.contracts import ProjectData
    from countersign.shared.actor import Actor
    from countersign.shared.types import JSON

_VERDICTS = ("approve", "reject", "request_changes")


class WorkItemNotRunnable(Conflict):
    """No adapter of this installation can do this work item."""

    code = "work_item_not_runnable"


def project_register(
    *, actor: Actor, source: str, name: str, isolation: str = "", trial: bool = False
) -> str:
    """Register a Git repository on this machine and put its import in line; return the job's id.

    In a ``trial`` one person may decide on their own changes, which go to a branch under ``trial/`` only.

    Raises:
        PermissionDenied: the actor may not register projects.
        Conflict: a project with this name is registered already.
    """
    require(actor, "project.write")
    project_id = str(uuid.uuid4())
    project = project_create(
        actor=actor,
        project_id=project_id,
        slug=slugify(name),
        name=name,
        source_path=source,
        repository_path=str(repository_path(project_id)),
        isolation=isolation or environment().isolation,
        settings={"trial": trial},
    )
    return job_submit(
        actor=actor,
        kind="project.register",
        subject=("project", project.id),
        payload={"project_id": project.id},
        dedupe_key=f"project.register:{project.id}",
    )


def project_configure(*, actor: Actor, project: str, settings: Mapping[str, JSON]) -> ProjectData:
    """Change settings of a project, such as what becomes of decisions when its branch moves.

    Raises:
        PermissionDenied: the actor may not change projects.
        ProjectNotFound: there is no such project.
        ProjectInvalid: a setting or a value does not exist.
        CalendarInvalid: a part of the calendar does not exist.
        UserNotFound: nobody has the address of an owner whom escalations tell.
    """
    require(actor, "project.write")
    found = project_get(actor=actor, project=project)
    chosen = dict(settings)
    if "escalation" in chosen:
        chosen["escalation"] = owners_read(chosen["escalation"])
    return project_settings_change(actor=actor, project_id=found.id, settings=chosen)


def plan_import(
    *,
    actor: Actor,
    project: str,
    text: str,
    format: str,  # noqa: A002 - the API's word
    based_on: str | None = None,
) -> PlanData:
    """Import a plan into a project, if it still has the version that the import is based on.

    Raises:
        PermissionDenied: the actor may not import plans.
        PlanMoved: another version was imported since; nothing is saved.
        PlanInvalid: the text was not understood; nothing is saved.
    """
    require(actor, "plan.write")
    found = project_get(actor=actor, project=project)
    return plan_store(actor=actor, project_id=found.id, text=text, format=format, based_on=based_on)


def session_begin(*, actor: Actor, project: str) -> str:
    """Put an analysis of the project's head in line; return the job's id.

    Raises:
        PermissionDenied: the actor may not start analyses.
        Conflict: the project is not ready.
    """
    require(actor, "session.write")
    found = project_get(actor=actor, project=project)
    if found.state != "ready":
        message = f"the project is '{found.state}'; wait until its registration has ended"
        raise Conflict(message, project=found.slug, state=found.state)
    session = session_create(actor=actor, project_id=found.id, commit=found.head_commit)
    return job_submit(
        actor=actor,
        kind="session.analyse",
        subject=("session", session.id),
        payload={"session_id": session.id},
        dedupe_key=f"session.analyse:{session.id}",
    )


def run_begin(*, actor: Actor, work_item_id: str) -> RunBegun:
    """Generate the prompt of a work item and put its run in line.

    Raises:
        PermissionDenied: the actor may not start runs.
        WorkItemNotRunnable: no adapter can do it.
        QuorumImpossible: too few people could decide on the result.
        QuorumPolicyUnlogged: the log tells of another quorum policy than the tables.
        PhaseBlocked: a phase before its own is incomplete.
        InputMissing: it needs inputs that nobody has answered.
        InputsMoved: one was answered while it began.
        RunStateConflict: it has an open run already.
    """
    require(actor, "run.write")
    item = work_item_get(actor=actor, work_item_id=work_item_id)
    if not item.adapter:
        message = (
            "no adapter of this installation can do this work item: connect a model or a CLI agent, "
            "or do it by hand"
        )
        raise WorkItemNotRunnable(message, work_item_id=item.id)
    asked = asked_for(item.id)
    project = project_get(actor=EXECUTOR, project_id=item.project_id)
    answerers = inputs_of_work(actor=actor, work_item_id=item.id).participants
    warnings = quorum_require(project, _participants(actor, askers(asked), answerers))
    if item.state is WorkItemState.RUNNING and not _runs_open(item.id):
        # A process that died between beginning the item and creating its run left it like this.
        _item_release(item.id)
    work_item_start(actor=actor, work_item_id=item.id)
    try:
        # Somebody may have asked for changes until now; from here on nobody can.
        asked = asked_for(item.id)
        read = inputs_of_work(actor=actor, work_item_id=item.id)
        warnings = quorum_require(project, _participants(actor, askers(asked), read.participants))
        prompt = prompt_for(actor=actor, item=item, lease=None, asked=asked, inputs=read.used)
        run, job_id = run_create(
            actor=actor,
            project_id=item.project_id,
            work_item_id=item.id,
            title=item.title,
            slug=slugify(item.title),
            phase_code=item.phase_code,
            persona=item.persona,
            adapter=item.adapter,
            prompt_id=prompt.id,
            ruleset_digest=prompt.ruleset_digest,
            prompters=askers(asked),
            given=inputs_given(item, read),
        )
    except RunStateConflict:
        raise
    except Exception:
        _item_release(item.id)
        raise
    return RunBegun(run_id=run.id, job_id=job_id, warnings=warnings)


def _participants(actor: Actor, prompters: Iterable[str], answerers: Iterable[str]) -> dict[str, str]:
    """Return who takes part in a run that the actor begins, and how."""
    found = dict.fromkeys(answerers, "answered an input that it uses")
    found |= dict.fromkeys(prompters, "asked for changes that it makes")
    if actor.minted_by:
        found[actor.minted_by] = "made the token that starts it"
    if actor.person_id:
        started = "starts it" if actor.kind == "person" else "is whom the agent that starts it acts for"
        found[actor.person_id] = started
    return found


def _runs_open(work_item_id: str) -> bool:
    runs = run_list(actor=EXECUTOR, work_item_ids=(work_item_id,))
    return any(run.state not in ENDED_RUN_STATES for run in runs)


def _item_release(work_item_id: str) -> None:
    work_item_move(
        actor=EXECUTOR,
        work_item_id=work_item_id,
        expected=WorkItemState.RUNNING,
        to=WorkItemState.READY,
        reason="its run could not be started",
    )


def decision_submit(
    *,
    actor: Actor,
    request_id: str,
    verdict: str,
    reason: str,
    digest: str,
    items: Sequence[Mapping[str, Any]] = (),
    assertion: AssertionInput | None = None,
    break_glass: str = "",
) -> str:
    """Decide on a request; return the decision's id.

    With a request for changes ``items`` say one by one what is asked for: ``path``, ``line``, ``text``.

    Raises:
        PermissionDenied: the actor may not decide.
        InvalidInput: the verdict is unknown.
        RequestMoved: what it is about has moved since its pack was sealed.
        DomainError: as ``decision_record`` says.
    """
    require(actor, "decision.write")
    standing_require(request_id)
    decision, _request = decision_record(
        actor=actor,
        request_id=request_id,
        verdict=_verdict(verdict),
        reason=reason,
        digest=digest,
        unattended_allowed=demo_installation(),
        items=_items(items),
        assertion=assertion,
        break_glass=break_glass,
    )
    return decision.id


def decision_begin(
    *,
    actor: Actor,
    request_id: str,
    verdict: str,
    reason: str,
    digest: str,
    items: Sequence[Mapping[str, Any]] = (),
    break_glass: str = "",
) -> PreparedData:
    """Prepare a decision for the signature of the actor's own passkey.

    Raises:
        PermissionDenied: the actor may not decide.
        InvalidInput: the verdict is unknown.
        RequestMoved: what it is about has moved since its pack was sealed.
        DomainError: as ``decision_prepare`` says.
    """
    require(actor, "decision.write")
    standing_require(request_id)
    return decision_prepare(
        actor=actor,
        request_id=request_id,
        verdict=_verdict(verdict),
        reason=reason,
        digest=digest,
        items=_items(items),
        break_glass=break_glass,
    )


def _items(items: Sequence[Mapping[str, Any]]) -> tuple[AskedItem, ...]:
    return tuple(AskedItem(text=item["text"], path=item["path"], line=item["line"]) for item in items)


def _verdict(text: str) -> Verdict:
    if text not in _VERDICTS:
        message = f"the verdict is one of {', '.join(_VERDICTS)}"
        raise InvalidInput(message, verdict=text)
    return text  # type: ignore[return-value]  # checked above


def export_begin(*, actor: Actor, project: str = "") -> str:
    """Put an export of log, packs and decisions in line; return the job's id.

    Raises:
        PermissionDenied: the actor may not export.
    """
    require(actor, "export.write")
    subject = project_get(actor=actor, project=project).id if project else "installation"
    return job_submit(actor=actor, kind="export.write", subject=("export", subject), payload={})
