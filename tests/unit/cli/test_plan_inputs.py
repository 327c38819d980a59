"""`countersign plan inputs` and `answer`: what is missing, and answering it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from typer.testing import CliRunner, Result

from countersign.cli.main import app
from countersign.plans.errors import InputRefused
from countersign.shared.actor import service_actor
from countersign.shared.errors import NotFound
from tests.unit.plans.samples import PLAN, project_make

WORKER = service_actor("worker")
INPUTS = """\
inputs:
  - {name: Server, value: a machine at home}
  - {name: Style, text: how it is to look}
  - {name: LAMP_TOKEN, optional: true}
"""
Run = Callable[..., Result]


@pytest.fixture
def run(db: None) -> Run:
    from countersign.accounts.services import role_grant, roles_sync, user_create

    roles_sync(actor=WORKER)
    user = user_create(actor=WORKER, email="dana@example.org", name="Dana")
    role_grant(actor=WORKER, person_id=user.person_id, role="director")
    project_make(WORKER)

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(app, ["plan", *arguments])

    return invoke


def imported(text: str) -> None:
    from countersign.plans.services import plan_import
    from countersign.projects.selectors import project_get

    project = project_get(actor=WORKER, slug="sample")
    plan_import(actor=WORKER, project_id=project.id, text=text)


def test_plan_inputs_say_what_is_missing_first(run: Run) -> None:
    imported(PLAN + INPUTS)
    assert run("inputs", "sample").stdout.splitlines() == [
        "Style  missing  requirement  needed by the whole plan  how it is to look",
        "LAMP_TOKEN  optional  configuration  needed by the whole plan",
        "Server  known  requirement  needed by the whole plan  a machine at home",
    ]
    assert len(run("inputs", "sample", "--missing").stdout.splitlines()) == 1


def test_plan_answer_keeps_values_and_pointers(run: Run) -> None:
    imported(PLAN + INPUTS)
    by = ("--by", "dana@example.org")
    given = run("answer", "sample", "style", "plain", *by)
    assert given.exit_code == 0, given.output
    assert given.stdout == "Style  known  requirement  needed by the whole plan  plain\n"
    assert "can't decide on the changes that use it" in given.stderr
    secret = run("answer", "sample", "LAMP_TOKEN", "--pointer", "env:LAMP", *by)
    assert secret.stdout.endswith("env:LAMP\n")
    assert not secret.stderr
    told = json.loads(run("inputs", "sample", "--json").stdout)
    assert (told["plan"]["code"], told["inputs"][1]["answers"][0]["by_label"]) == ("PLAN", "Dana")
    nothing = run("inputs", "sample", "--missing")
    assert (nothing.stdout, nothing.stderr) == ("", "nothing is missing\n")
    assert isinstance(run("answer", "sample", "LAMP_TOKEN", "sesame", *by).exception, InputRefused)


def test_plan_inputs_without_any_say_so(run: Run) -> None:
    assert isinstance(run("inputs", "sample").exception, NotFound)
    imported(PLAN)
    assert run("inputs", "sample").stderr == "the plan asks for nothing\n"
