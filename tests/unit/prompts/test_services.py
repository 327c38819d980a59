"""Personas, templates and prompts in a real database."""

from __future__ import annotations

import json
import time
import uuid
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction

from countersign.audit.models import AuditEvent
from countersign.jobs.contracts import Lease
from countersign.jobs.errors import LeaseLost
from countersign.prompts import selectors, services
from countersign.prompts.contracts import PromptData, RoutingFacts
from countersign.prompts.errors import (
    PersonaNotFound,
    PersonasInvalid,
    PromptIncomplete,
    PromptNotFound,
    PromptRenderFailed,
    PromptTooLarge,
    TemplateInvalid,
    TemplateNotFound,
)
from countersign.prompts.models import Prompt, TemplateVersion
from countersign.prompts.people import personas_parse
from countersign.prompts.routing import persona_route
from countersign.shared.actor import service_actor
from countersign.shared.errors import InvalidInput, PermissionDenied
from countersign_verify.canonical import digest_bytes
from tests.unit.prompts.builders import (
    ADMIN,
    AGENT,
    FINDINGS,
    GATES,
    OPERATOR,
    PROJECT,
    ROLLBACK,
    RULES,
    RULESET,
    WORK_ITEM,
    WORK_ITEM_ID,
)

pytestmark = pytest.mark.django_db

PLATFORM = service_actor("worker")


def events(kind: str) -> list[dict[str, object]]:
    rows = AuditEvent.objects.filter(type=kind).order_by("id")
    return [json.loads(bytes(row.body))["data"] for row in rows]


@pytest.fixture
def ready(db: None) -> None:
    services.personas_sync(actor=PLATFORM)
    services.templates_sync(actor=PLATFORM)


def generate(**changes: object) -> PromptData:
    given: dict[str, object] = {
        "actor": PLATFORM,
        "lease": None,
        "project_id": PROJECT,
        "work_item": WORK_ITEM,
        "findings": FINDINGS,
        "rules": RULES,
        "ruleset_digest": RULESET,
        "gates": GATES,
        "persona": "code-quality",
        "rollback": ROLLBACK,
    }
    return services.prompt_generate(**(given | changes))  # type: ignore[arg-type]  # changed one at a time


class TestPersonas:
    def test_personas_sync_stores_each_version_once(self) -> None:
        first = services.personas_sync(actor=ADMIN)
        assert len(first.created) == 6
        again = services.personas_sync(actor=ADMIN)
        assert (again.created, again.unchanged) == ((), 6)
        assert len(events("persona.version_created")) == 6

    def test_a_changed_persona_is_a_new_version(self) -> None:
        services.personas_sync(actor=ADMIN)
        text = services.SHIPPED_PERSONAS.read_text(encoding="utf-8").replace('PERF*": 100', 'PERF*": 90')
        assert services.personas_sync(actor=ADMIN, text=text).created == ("performance",)
        assert selectors.persona_get(ADMIN, "performance").routing.finding_types["ruff:PERF*"] == 90
        assert events("persona.version_created")[-1]["version"] == 2

    @pytest.mark.usefixtures("ready")
    def test_what_is_stored_routes_like_what_was_read(self) -> None:
        personas = selectors.persona_list(OPERATOR)
        facts = RoutingFacts(finding_types=("ruff:F401",))
        assert persona_route(personas, facts).persona == "code-quality"
        entries = personas_parse(services.SHIPPED_PERSONAS.read_text(encoding="utf-8"))
        assert sorted(entry.digest() for entry in entries) == sorted(each.digest for each in personas)

    def test_personas_sync_refuses_strangers_and_nonsense(self) -> None:
        with pytest.raises(PermissionDenied):
            services.personas_sync(actor=OPERATOR)
        with pytest.raises(PersonasInvalid):
            services.personas_sync(actor=ADMIN, text="format: x")

    def test_persona_get_knows_only_those_that_are_there(self) -> None:
        with pytest.raises(PersonaNotFound):
            selectors.persona_get(ADMIN, "nobody")


FRONT = "---\ncode: mine\ntitle: Mine\ndescription: A test.\nvariables: [persona]\n---\n"


class TestTemplates:
    def test_templates_sync_stores_each_version_once(self) -> None:
        first = services.templates_sync(actor=ADMIN)
        assert "frame" in first.created
        again = services.templates_sync(actor=ADMIN)
        assert (again.created, again.unchanged) == ((), len(first.created))
        assert len(events("template.version_created")) == len(first.created)
        assert len(events("template.label_moved")) == len(first.created)

    def test_a_changed_file_becomes_the_version_in_production(self, tmp_path: Path) -> None:
        file = tmp_path / "mine.md"
        for text in ("one", "two"):
            file.write_text(FRONT + text)
            assert services.templates_sync(actor=ADMIN, directory=tmp_path).created == ("mine",)
        (production,) = selectors.template_list(ADMIN)
        assert (production.version, production.body, production.label) == (2, "two\n", "production")
        versions = selectors.template_versions(ADMIN, "mine")
        assert [version.label for version in versions] == ["production", ""]

    def test_older_content_puts_its_version_back(self, tmp_path: Path) -> None:
        file = tmp_path / "mine.md"
        for text in ("one", "two", "one"):
            file.write_text(FRONT + text)
            services.templates_sync(actor=ADMIN, directory=tmp_path)
        (production,) = selectors.template_list(ADMIN)
        assert production.version == 1
        assert TemplateVersion.objects.count() == 2
        assert [event["version"] for event in events("template.label_moved")] == [1, 2, 1]

    @pytest.mark.parametrize(
        ("name", "content", "said"),
        [
            ("other.md", FRONT.encode() + b"x", "differs from the name"),
            ("mine.md", FRONT.encode() + b"\xff\xfe", "not UTF-8"),
            ("mine.md", FRONT.encode() + b"{{ x() }}", "not allowed"),
            ("mine.txt", b"", "no templates"),
        ],
    )
    def test_templates_sync_refuses_what_is_wrong(
        self, tmp_path: Path, name: str, content: bytes, said: str
    ) -> None:
        (tmp_path / name).write_bytes(content)
        with pytest.raises(TemplateInvalid, match=said):
            services.templates_sync(actor=ADMIN, directory=tmp_path)
        assert not TemplateVersion.objects.exists()

    def test_templates_sync_needs_an_admin(self) -> None:
        with pytest.raises(PermissionDenied):
            services.templates_sync(actor=OPERATOR)


class TestImmutability:
    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE prompts_templateversion SET body = 'x'",
            "UPDATE prompts_persona SET name = 'x'",
            "UPDATE prompts_prompt SET text = 'x'",
            "DELETE FROM prompts_prompt",
            "DELETE FROM prompts_templateversion",
        ],
    )
    @pytest.mark.usefixtures("ready")
    def test_the_database_refuses_to_change_a_version(self, statement: str) -> None:
        generate()
        with pytest.raises(DatabaseError, match=r"immutable|permission denied"), transaction.atomic():
            connection.cursor().execute(statement)


class TestPromptGenerate:
    @pytest.mark.usefixtures("ready")
    def test_prompt_generate_stores_a_prompt_under_its_digest(self) -> None:
        prompt = generate(routing_reasons=("because",))
        assert prompt.created
        assert prompt.digest == digest_bytes(prompt.text.encode())
        assert prompt.digest in json.dumps(events("prompt.generated"))
        assert prompt.rules == ("quality.tests-pass", "python.absolute-imports")
        assert prompt.validation_criteria == GATES
        assert prompt.priority == 7
        assert prompt.routing_reasons == ("because",)
        assert {check.code for check in prompt.safety_checks} >= {"imports-may-act", "public-surface"}
        assert prompt.template == "code-quality"
        for named in (prompt.template_digest, prompt.frame_digest, RULESET, PROJECT, WORK_ITEM_ID):
            assert named in prompt.text

    @pytest.mark.usefixtures("ready")
    def test_the_same_prompt_again_is_neither_stored_nor_recorded(self) -> None:
        first, again = generate(), generate()
        assert (first.id, first.digest) == (again.id, again.digest)
        assert not again.created
        assert Prompt.objects.count() == 1
        assert len(events("prompt.generated")) == 1

    @pytest.mark.usefixtures("ready")
    def test_another_rule_set_is_another_prompt(self) -> None:
        assert generate().digest != generate(ruleset_digest="sha256:" + "b" * 64).digest
        assert len(selectors.prompts_for_work_item(OPERATOR, WORK_ITEM_ID)) == 2

    @pytest.mark.usefixtures("ready")
    def test_prompt_get_finds_by_id_and_by_digest(self) -> None:
        prompt = generate()
        by_id = selectors.prompt_get(OPERATOR, prompt.id)
        assert by_id == selectors.prompt_get(OPERATOR, prompt.digest)
        assert (by_id.text, by_id.rollback) == (prompt.text, prompt.rollback)

    @pytest.mark.parametrize(
        "unknown", ["nonsense", "00000000-0000-4000-8000-000000000000", f"sha256:{0:064}"]
    )
    def test_prompt_get_knows_only_those_that_are_there(self, unknown: str) -> None:
        with pytest.raises(PromptNotFound):
            selectors.prompt_get(ADMIN, unknown)

    @pytest.mark.usefixtures("ready")
    def test_prompt_generate_needs_the_lease_it_was_given(self) -> None:
        with pytest.raises(LeaseLost):
            generate(lease=Lease(str(uuid.uuid4()), 1))

    @pytest.mark.usefixtures("ready")
    def test_prompt_generate_needs_persona_template_and_whole_input(self) -> None:
        with pytest.raises(PersonaNotFound):
            generate(persona="nobody")
        with pytest.raises(InvalidInput):
            generate(gates=())
        TemplateVersion.objects.filter(template__code="frame").update(label="")
        with pytest.raises(TemplateNotFound, match="frame"):
            generate()

    @pytest.mark.parametrize(
        ("body", "error"),
        [
            ("{{ guidance }}", PromptIncomplete),
            ("{{ rules.nothing }}", PromptRenderFailed),
            (("{{ guidance }}" * 300), PromptTooLarge),
        ],
    )
    @pytest.mark.usefixtures("ready")
    def test_a_frame_that_fails_stores_nothing(
        self, tmp_path: Path, body: str, error: type[PromptRenderFailed]
    ) -> None:
        front = "---\ncode: frame\ntitle: F\ndescription: F.\nvariables: [guidance, rules]\n---\n"
        (tmp_path / "frame.md").write_text(front + body)
        services.templates_sync(actor=ADMIN, directory=tmp_path)
        with pytest.raises(error):
            generate()
        assert not Prompt.objects.exists()
        assert events("prompt.generated") == []

    @pytest.mark.usefixtures("ready")
    def test_a_prompt_is_generated_quickly(self) -> None:
        """Prompt specification (seed 004), performance: 30 s an issue; the bar here is far below it."""
        generate()
        started = time.perf_counter()
        for number in range(20):
            generate(work_item={**WORK_ITEM, "key": f"K-{number}"})
        assert (time.perf_counter() - started) / 20 < 0.25


@pytest.mark.parametrize(
    "read",
    [
        lambda: selectors.persona_list(AGENT),
        lambda: selectors.persona_get(AGENT, "x"),
        lambda: selectors.template_list(AGENT),
        lambda: selectors.template_versions(AGENT, "x"),
        lambda: selectors.prompt_get(AGENT, "x"),
        lambda: selectors.prompts_for_work_item(AGENT, WORK_ITEM_ID),
    ],
)
def test_an_agent_reads_nothing_here(read: object) -> None:
    assert callable(read)
    with pytest.raises(PermissionDenied):
        read()
