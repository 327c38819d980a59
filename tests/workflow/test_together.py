"""Splitting a change does not help: two changes of one session to the same files are scored together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.workflow.world import PLATFORM, World, drive, events, failed_jobs

if TYPE_CHECKING:
    from countersign.workflow.contracts import RequestDetailView

pytestmark = pytest.mark.needs("bwrap")

# An agent that mends what it was asked to, and does something weighty beside: each half alone stays below 50.
HALVES = """
import pathlib, subprocess, sys
rule = sys.argv[1]
mend = ["ruff", "check", "--isolated", "--no-cache", "--fix", "-q", "--exit-zero", "--select", rule, "src"]
subprocess.run(mend)
words = "eval(x) os.system" if rule == "F401" else "pickle ctypes"
for name in ("one", "two", "three"):
    path = pathlib.Path("scripts", name + ".sql")
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(f"-- {rule} {words} {number}\\n" for number in range(170)))
"""


def halves_begin(world: World, *rules: str) -> None:
    """Let one session's findings be worked on by that agent."""
    from countersign.plans.selectors import work_item_list
    from countersign.providers.profiles import profiles_load
    from countersign.providers.services import adapters_sync
    from countersign.workflow.commands import session_begin
    from countersign.workflow.executor import EXECUTOR

    world.source.commit("tools/half.py", HALVES)
    session_begin(actor=world.operator, project="sample")
    drive()
    command = ("python3", "{worktree}/tools/half.py", "{rules}")
    [ruff] = profiles_load()
    adapters_sync(actor=EXECUTOR, adapters=[replace(ruff, command=command, digest="sha256:" + "8" * 64)])
    items = {item.rules[0]: item for item in work_item_list(actor=PLATFORM, project_id=world.project_id)}
    for rule in rules:
        world.begin(rule, items[rule])
    drive()


def page(world: World, rule: str) -> RequestDetailView:
    from countersign.workflow.queries import request_detail

    return request_detail(actor=world.auditor, request_id=world.request(rule).id)


def board(world: World) -> None:
    for name in ("cleo", "cyra"):
        world.person(name, "cab_member")


def board_approves(world: World, rule: str) -> None:
    for name in ("cleo", "cyra"):
        world.decide(world.request(rule), actor=world.people[name])


def exported_failures(world: World) -> list[str]:
    from countersign.jobs.selectors import job_get
    from countersign.workflow.commands import export_begin
    from countersign_verify.log import log_verify
    from countersign_verify.report import Report
    from countersign_verify.trust import trust_read

    job_id = export_begin(actor=world.auditor)
    drive()
    directory = Path(str(job_get(actor=PLATFORM, job_id=job_id).result["directory"]))
    report = Report()
    log_verify(directory, trust_read((directory / "trust.json").read_bytes()), report)
    return [f"{check.name}: {check.detail}" for check in report.failures]


def test_second_half_of_a_split_change_needs_the_board(registered: World) -> None:
    from countersign.approvals.errors import RoleMissing

    board(registered)
    halves_begin(registered, "F401", "E713")
    assert failed_jobs() == []
    first, second = page(registered, "F401"), page(registered, "E713")
    assert first.risk is not None
    assert second.risk is not None
    assert (first.request.tier, first.risk.score, first.risk.together) == ("director", first.risk.alone, ())
    assert (first.risk.score, second.risk.alone) <= (50, 50) < (second.risk.score, 100)
    [beside] = second.risk.together
    assert (beside.run_id, beside.score) == (registered.runs["F401"], first.risk.score)
    assert second.request.tier == "cab"
    assert f"{second.risk.alone} alone, {second.risk.score} together" in second.policy.reasons[-1].text
    with pytest.raises(RoleMissing):
        registered.decide(registered.request("E713"))
    registered.approve("F401")
    drive()
    assert registered.run("F401").state == "merged"
    # What it stands on moved: the agent has worked again, and what was merged counts as before.
    again = page(registered, "E713")
    assert again.risk is not None
    assert (again.request.tier, [other.run_id for other in again.risk.together]) == ("cab", [beside.run_id])
    board_approves(registered, "E713")
    drive()
    assert registered.run("E713").state == "merged"
    assert failed_jobs() == []
    assert exported_failures(registered) == []


def test_first_half_is_not_weighed_again_while_the_second_one_carries_it(registered: World) -> None:
    board(registered)
    halves_begin(registered, "F401", "E713")
    registered.approve("F401")
    registered.source.commit("README.md", "Hello.\n")
    drive()
    first = registered.run("F401")
    assert (first.state, first.revision, first.beside) == ("waiting_approval", 2, ())
    assert events(first.id)["run.sealing"] == 2
    assert page(registered, "F401").request.tier == "director"


def test_nobody_can_say_what_an_unmade_pack_weighed(waiting: World) -> None:
    from countersign.workflow.shredding import pack_shred
    from countersign.workflow.watching import queues_look

    waiting.approve("F401")
    drive()
    digest = waiting.run("F401").pack_digest
    reviewer = waiting.person("sam", "security_reviewer")
    pack_shred(actor=reviewer, digest=digest, confirmation=digest, reason="a token stood in it")
    waiting.source.commit("README.md", "Hello.\n")
    queues_look()
    drive()
    detail = page(waiting, "PIE790")
    assert detail.risk is not None
    assert (detail.request.tier, detail.risk.score, len(detail.risk.unknown)) == ("cab", 100, 8)
