"""Prompt specification (seed 004), section 2: work goes to the persona with the expertise."""

from __future__ import annotations

import pytest

from countersign.prompts.contracts import PersonaData, RoutingFacts
from countersign.prompts.errors import NoPersona, PersonasInvalid
from countersign.prompts.people import MAX_BYTES, personas_parse
from countersign.prompts.routing import persona_route
from countersign.prompts.services import SHIPPED_PERSONAS

SHIPPED = SHIPPED_PERSONAS.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def personas() -> tuple[PersonaData, ...]:
    return tuple(entry.data() for entry in personas_parse(SHIPPED))


@pytest.mark.parametrize(
    ("facts", "persona"),
    [
        (RoutingFacts(finding_types=("ruff:F401",), paths=("src/a.py",)), "code-quality"),
        (RoutingFacts(finding_types=("ruff:UP007", "ruff:SIM102")), "code-quality"),
        (RoutingFacts(finding_types=("ruff:C408",)), "code-quality"),
        (RoutingFacts(finding_types=("ruff:PERF401",)), "performance"),
        (RoutingFacts(finding_types=("bandit:B301",), severities=("critical",)), "security"),
        (RoutingFacts(finding_types=("ruff:B006",)), "code-quality"),
        (RoutingFacts(finding_types=("ruff:PT011",), paths=("tests/test_a.py",)), "testing"),
        (RoutingFacts(finding_types=("ruff:D103",)), "documentation"),
        (RoutingFacts(kind="deliverable"), "architecture"),
        (RoutingFacts(finding_types=("task:performance",)), "performance"),
        (RoutingFacts(finding_types=("unheard:of",)), "code-quality"),
    ],
)
def test_persona_route_finds_the_one_with_the_expertise(
    personas: tuple[PersonaData, ...], facts: RoutingFacts, persona: str
) -> None:
    decision = persona_route(personas, facts)
    assert decision.persona == persona
    assert decision.reasons
    assert decision.scores.keys() == {each.code for each in personas}


def test_persona_route_explains_itself(personas: tuple[PersonaData, ...]) -> None:
    decision = persona_route(personas, RoutingFacts(finding_types=("ruff:F401", "ruff:F811", "x:y")))
    assert decision.reasons == ("2 of 3 finding types match `ruff:F*`",)


def test_persona_route_does_not_depend_on_the_order(personas: tuple[PersonaData, ...]) -> None:
    facts = RoutingFacts(finding_types=("ruff:F401", "ruff:PERF401"))
    assert persona_route(personas, facts) == persona_route(tuple(reversed(personas)), facts)


def test_persona_route_needs_personas(personas: tuple[PersonaData, ...]) -> None:
    with pytest.raises(NoPersona, match="sync"):
        persona_route((), RoutingFacts())
    without = [each for each in personas if not each.routing.fallback]
    with pytest.raises(NoPersona, match="fallback"):
        persona_route(without, RoutingFacts(finding_types=("unheard:of",)))


def test_the_four_personas_of_the_specification_are_there(personas: tuple[PersonaData, ...]) -> None:
    names = {each.name for each in personas}
    assert {"Dr. Sarah Chen", "Marcus Rodriguez", "Emily Watson", "Rachel Torres"} <= names


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not YAML"),
        ("a: 2001-99-99", "not YAML"),
        ("[" * 1200, "not YAML"),
        ("format: x", "format"),
        (SHIPPED.replace("code: security", "code: testing"), "twice: testing"),
        (SHIPPED.replace('"bandit:*": 95', '"bandit:*": 500'), "routing"),
        ("x" * (MAX_BYTES + 1), "larger"),
    ],
)
def test_personas_parse_refuses_what_is_wrong(text: str, said: str) -> None:
    with pytest.raises(PersonasInvalid, match=said):
        personas_parse(text)
