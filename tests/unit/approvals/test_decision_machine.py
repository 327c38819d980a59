"""Decisions of all kinds of people, in any order and at once, on a real PostgreSQL that somebody bends.

The rules are said in ``machine/model.py``; what people and insiders do is in the modules beside it. The
profile ``nightly`` takes more than ten thousand steps:

    ./scripts/test --nightly
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from countersign.approvals.models import Decision
from countersign.jobs.models import Job
from countersign.projects.selectors import project_get
from tests.unit.approvals.machine.carrying import Carrying
from tests.unit.approvals.machine.model import DECIDED
from tests.unit.approvals.machine.passkeys import Passkeys
from tests.unit.approvals.machine.people import People
from tests.unit.approvals.machine.stories import Stories
from tests.unit.approvals.samples import Requests, verified
from tests.unit.runs.samples import lease_take, project_make

if TYPE_CHECKING:
    from collections.abc import Iterator

    from countersign.shared.actor import Actor

# A busy machine takes long, and a limit that ends it midway looks like a decision that went differently.
pytestmark = pytest.mark.timeout(3600)
PROFILES = {"nightly": (320, 50)}
SHORT = (8, 30)


class DecisionMachine(Stories, Passkeys, Carrying):
    """All of it together."""

    def teardown(self) -> None:
        """Only what really was decided would be merged; every decision has its event, and verifies."""
        if not hasattr(self, "made"):
            return
        for number, (made, waiting) in enumerate(zip(self.made, self.model, strict=True)):
            merges = self.judge(number, fresh=number == 0)
            row = self.requests.get(made)
            jobs = Job.objects.filter(dedupe_key=f"decision.execute:{made.id}").count()
            assert jobs <= 1
            if not waiting.forged and waiting.state in DECIDED and waiting.votes and merges:
                assert jobs == 1
            for item in row.decisions if not waiting.forged else ():
                assert verified(item).request_id == made.id
        nonces = Counter(Decision.objects.values_list("nonce", flat=True))
        assert max(nonces.values(), default=1) == 1


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
