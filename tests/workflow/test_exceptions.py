"""A rule stops a change: an exception lets it pass, and whoever granted it does not count."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from countersign.shared.clock import now
from tests.workflow.insider import Insider, Stranger, export_made, told
from tests.workflow.world import PLATFORM, World, drive

if TYPE_CHECKING:
    from countersign.governance.contracts import WaiverData

pytestmark = pytest.mark.needs("bwrap")

RULE = "test.leave-alpha-alone"
RULES = f"""
  - code: {RULE}
    document: engineering-principles
    section: "5.4"
    title: Alpha stays as it is
    text: Leave alpha alone.
    why: It is a test.
    correction: Leave it alone.
    check: {{kind: forbidden_paths, paths: [src/sample/alpha.py]}}
    mode: enforce
    severity: high
"""


@pytest.fixture
def insider(superuser_dsn: str) -> Insider:
    return Insider(superuser_dsn)


def blocked(world: World) -> None:
    """A rule of the platform stops the change of F401, which gets its new pack under it."""
    from countersign.governance.services import SHIPPED_RULES, rules_sync
    from countersign.workflow.exceptions import queues_ask

    rules_sync(actor=PLATFORM, text=SHIPPED_RULES.read_text() + RULES)
    queues_ask()
    drive()
    assert world.request("F401").policy.stopped == ((RULE, ("src/sample/alpha.py",)),)


def grant(world: World, **changes: object) -> WaiverData:
    from countersign.workflow.exceptions import exception_grant

    given: dict[str, object] = {
        "actor": world.person("rita", "security_reviewer", "director"),
        "rule": RULE,
        "reason": "the import is unused",
        "compensating_controls": ("two people look",),
        "expires_at": now() + timedelta(days=7),
        "run_id": world.runs["F401"],
    }
    return exception_grant(**(given | changes))  # type: ignore[arg-type]  # changed one at a time


def test_exception_lets_a_stopped_change_pass_and_its_granter_does_not_count(
    waiting: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from countersign.approvals.errors import ApprovalBlocked, ApproverExcluded
    from countersign.workflow.queries import request_detail

    stranger = Stranger(tmp_path).keep()
    blocked(waiting)
    stopped = waiting.request("F401")
    with pytest.raises(ApprovalBlocked, match="Stopped"):
        waiting.decide(stopped)
    granted = grant(waiting)
    drive()
    request = waiting.request("F401")
    assert waiting.request_by_id(stopped.id).state == "void"
    assert "an exception from" in waiting.request_by_id(stopped.id).void_reason
    assert (request.policy.blocked, request.policy.exceptions) == (False, (granted.id,))
    rita = waiting.person("rita")
    assert rita.person_id in request.excluded
    with pytest.raises(ApproverExcluded):
        waiting.decide(request, actor=rita)
    seen = request_detail(actor=rita, request_id=request.id)
    assert seen.blocked_reason is not None
    assert seen.blocked_reason.text == "you granted an exception for it, so you can't decide on it"
    waiting.decide(request)
    drive()
    assert waiting.run("F401").state == "merged", told(waiting)
    assert stranger.verify(export_made(waiting), capsys) == {}


def test_exception_that_ends_gives_what_rests_on_it_a_new_pack(waiting: World) -> None:
    from countersign.workflow.exceptions import exception_revoke

    blocked(waiting)
    granted = grant(waiting, run_id="")
    drive()
    request = waiting.request("F401")
    assert not request.policy.blocked
    exception_revoke(actor=waiting.person("rita"), exception_id=granted.id, reason="not that")
    drive()
    assert waiting.request_by_id(request.id).void_reason == "an exception that its pack rests on has ended"
    assert waiting.request("F401").policy.blocked


def test_rule_that_is_weakened_lets_pass_and_whoever_weakened_it_does_not_count(waiting: World) -> None:
    from countersign.governance.contracts import RuleMode
    from countersign.workflow.exceptions import rule_mode_change

    blocked(waiting)
    admin = waiting.person("alex", "admin", "director")
    rule_mode_change(actor=admin, code=RULE, mode=RuleMode.ADVISE, reason="tried out")
    drive()
    request = waiting.request("F401")
    assert not request.policy.blocked
    assert admin.person_id in request.excluded
    assert admin.person_id not in waiting.request("E713").excluded
