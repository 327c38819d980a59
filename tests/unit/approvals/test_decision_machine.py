"""Decisions of all kinds of people, in any order and at once, on a real PostgreSQL that somebody bends.

The rules are said in ``machine/model.py``; what people and insiders do is in the modules beside it. The
profile ``nightly`` takes more than ten thousand steps:

    ./scripts/test --nightly
"""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from countersign.approvals.models import Decision
from countersign.jobs.models import Job
from countersign.projects.selectors import project_get
from countersign.shared.clock import now
from countersign.workflow.break_glass import merge_deadline
from countersign.workflow.logged import decisions_logged, role_lost_logged, standing_read
from countersign.workflow.standing import carry_over_hindrance, role_lost_why
from countersign.workflow.trial import TrialMoved, target_require
from countersign.workflow.verification import approvals_bound_check
from countersign_verify.errors import RefusedError
from tests.unit.approvals.machine.carrying import Carrying
from tests.unit.approvals.machine.model import DECIDED, TRIAL
from tests.unit.approvals.machine.passkeys import Passkeys
from tests.unit.approvals.machine.people import People
from tests.unit.approvals.machine.stories import Stories
from tests.unit.approvals.samples import Requests, verified
from tests.unit.audit.roles import sequence_all
from tests.unit.runs.samples import lease_take, project_make

if TYPE_CHECKING:
    from collections.abc import Iterator

    from countersign.approvals.contracts import RequestData
    from countersign.shared.actor import Actor
    from countersign.workflow.logged import Standing
    from tests.unit.approvals.machine.model import Waiting

# A busy machine takes long, and a limit that ends it midway looks like a decision that went differently.
pytestmark = pytest.mark.timeout(3600)
PROFILES = {"nightly": (360, 50)}
SHORT = (10, 30)


class DecisionMachine(Stories, Passkeys, Carrying):
    """All of it together."""

    def teardown(self) -> None:
        """Only what really was decided would be merged; every decision has its event, and verifies."""
        if not hasattr(self, "made"):
            return
        sequence_all()
        standing = standing_read(self.trust)
        for made, waiting in zip(self.made, self.model, strict=True):
            row = self.requests.get(made)
            merges = waiting.mergeable(self.people.still, self.window)
            accepted = self._would_merge(row, standing, self.pack(made, waiting), waiting)
            assert accepted == merges, (row, waiting, self.window)
            self.outcomes["merge" if merges else "no merge"] += 1
            jobs = Job.objects.filter(dedupe_key=f"decision.execute:{made.id}").count()
            assert jobs <= 1
            if not waiting.forged and waiting.state in DECIDED and waiting.votes and merges:
                assert jobs == 1
            for item in row.decisions if not waiting.forged else ():
                assert verified(item).request_id == made.id
        nonces = Counter(Decision.objects.values_list("nonce", flat=True))
        assert max(nonces.values(), default=1) == 1

    def _would_merge(self, row: RequestData, standing: Standing, pack: Any, waiting: Waiting) -> bool:  # noqa: ANN401 - see ``pack``
        """Ask what the executor asks before a merge, with the pack as it was sealed; a moved base as well."""
        if row.state == "void" or merge_deadline(row) <= now() or role_lost_why(row):
            return False
        try:
            approvals_bound_check(decisions_logged(row, self.trust, standing), row, pack, standing)
        except RefusedError:
            return False
        if role_lost_logged(row, self.trust) or not self._target(row, self.trial or "main"):
            return False
        assert not self._target(row, "main" if self.trial else TRIAL)
        usual: Any = SimpleNamespace(settings={})
        strict: Any = SimpleNamespace(settings={"base_move": "strict"})
        assert bool(carry_over_hindrance(usual, row)) == (not all(vote.carry for vote in waiting.votes))
        assert carry_over_hindrance(strict, row)
        return True

    def _target(self, row: RequestData, branch: str) -> bool:
        """Whether it may be merged to a branch, of a trial where the branch is one's."""
        project: Any = SimpleNamespace(trial_branch=branch if branch == TRIAL else "", default_branch=branch)
        try:
            target_require(project, row)
        except TrialMoved:
            return False
        return True


@pytest.fixture
def machine(committed_db: None, worker: Actor, superuser_dsn: str) -> Iterator[type[DecisionMachine]]:
    from countersign.workflow.trust import trust_current

    superuser = psycopg.connect(superuser_dsn, autocommit=True)
    superuser.execute("SET session_replication_role = replica")

    def sql(statement: str, *values: object) -> None:
        superuser.execute(statement.encode(), values)

    DecisionMachine.requests = Requests(worker, lease_take(worker), project_make(worker))
    DecisionMachine.slug = project_get(actor=worker, project_id=DecisionMachine.requests.project_id).slug
    DecisionMachine.people = People(sql)
    DecisionMachine.people.begin()
    DecisionMachine.trust = trust_current(allow_unattended=True)
    DecisionMachine.steps, DecisionMachine.outcomes = Counter(), Counter()
    yield DecisionMachine
    superuser.close()


def test_nothing_is_accepted_that_should_not_be(
    machine: type[DecisionMachine], capsys: pytest.CaptureFixture[str]
) -> None:
    profile = settings.get_current_profile_name()
    examples, steps = PROFILES.get(profile, SHORT)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            # The database remembers what was tried: a shorter try of the same is another one.
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )
    taken = sum(machine.steps.values())
    if profile in PROFILES:
        with capsys.disabled():
            told = f"{dict(sorted(machine.steps.items()))}; {dict(machine.outcomes)}"
            print(f"\n{taken} steps: {told}")  # noqa: T201 - whoever asked reads it
        assert machine.outcomes["merge"] > 0
    assert taken >= (10_000 if profile in PROFILES else 100)
