from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from countersign.prompts import render
from countersign.prompts.errors import PromptRenderFailed, PromptTooLarge, TemplateInvalid
from countersign.prompts.render import template_render
from countersign.prompts.services import SHIPPED_TEMPLATES
from countersign.prompts.templates import MAX_TEMPLATE_BYTES, template_parse

if TYPE_CHECKING:
    from countersign.shared.types import JSON

FRONT = (
    "---\ncode: my-template\ntitle: Mine\ndescription: A test.\nvariables: [persona, findings, paths]\n---\n"
)


def parse(body: str) -> str:
    return template_parse(FRONT + body, "my-template.md").body


def test_template_parse_reads_front_matter_and_text() -> None:
    template = template_parse(FRONT + "\nHello {{ persona.name }}\n\n", "my-template.md")
    assert template.body == "Hello {{ persona.name }}\n"
    assert template.front_json()["variables"] == ["persona", "findings", "paths"]
    assert template_parse(FRONT + "Hello {{ persona.name }}", "other.md").digest == template.digest


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{% for x in range(9) %}{% endfor %}", "call"),
        ("{{ persona.name.upper() }}", "call"),
        ("{% macro m() %}{% endmacro %}", "macro"),
        ("{% include 'x' %}", "include"),
        ("{% import 'x' as y %}", "import"),
        ("{% extends 'x' %}", "extends"),
        ("{% set x = 1 %}", "assign"),
        ("{{ 'a' * 999999999 }}", "mul"),
        ("{{ 2 ** 99999 }}", "pow"),
        ("{{ persona.__class__ }}", "__class__"),
        ("{{ persona['__class__'].x._y }}", "_y"),
        ("{% for a in paths recursive %}{{ a }}{% endfor %}", "loops nest"),
        (
            "{% for a in paths %}" * 3 + "{% endfor %}" * 3,
            "loops nest",
        ),
        ("{{ persona | tojson }}", "filter"),
        ("{{ persona is odd }}", "test"),
        ("{{ secret }}", "not declared under 'variables': secret"),
        ("one\n{% if %}", "line 2"),
        ("{{ persona", "line 1"),
    ],
)
def test_template_parse_refuses_what_a_template_may_not_do(body: str, said: str) -> None:
    with pytest.raises(TemplateInvalid, match=r"my-template\.md") as caught:
        parse(body)
    assert said in caught.value.message.lower() or said in caught.value.message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no front matter", "code"),
        (FRONT.replace("my-template", "My Template"), "code"),
        (FRONT.replace("[persona, findings, paths]", "[settings]"), "no such variable: settings"),
        (FRONT.replace("[persona, findings, paths]", "[rules]"), "no such variable: rules"),
        (FRONT.replace("title: Mine", "title: [x"), "not YAML"),
        (FRONT.replace("title: Mine", "title: 2001-99-99"), "not YAML"),
        (FRONT.replace("title: Mine", "title: " + "[" * 1200), "nested too deeply"),
        (FRONT.replace("title: Mine", "title: Mine\nowner: me"), "owner"),
        ("---\n- a\n- b\n---\nx", "code"),
        ("x" * (MAX_TEMPLATE_BYTES + 1), "at most"),
    ],
)
def test_template_parse_refuses_wrong_front_matter(text: str, said: str) -> None:
    with pytest.raises(TemplateInvalid) as caught:
        template_parse(text, "file.md")
    assert said in caught.value.message


@pytest.mark.parametrize("path", sorted(SHIPPED_TEMPLATES.glob("*.md")), ids=lambda path: str(path.stem))
def test_the_shipped_templates_are_good(path: object) -> None:
    from pathlib import Path

    assert isinstance(path, Path)
    template = template_parse(path.read_text(encoding="utf-8"), path.name)
    assert template.front.code == path.stem


def draw(body: str, data: dict[str, JSON], limit: int = 1000) -> str:
    return template_render(digest=f"test:{hash(body)}", body=body, data=data, limit=limit)


def test_template_render_prints_data_and_never_runs_it() -> None:
    assert draw("{{ persona.name }}", {"persona": {"name": "{{ 7 * 7 }}{% for %}"}}) == "{{ 7 * 7 }}{% for %}"


def test_template_render_is_strict_about_what_is_missing() -> None:
    with pytest.raises(PromptRenderFailed, match="nmae"):
        draw("{{ persona.nmae }}", {"persona": {"name": "x"}})


def test_template_render_refuses_what_reaches_for_more() -> None:
    with pytest.raises(PromptRenderFailed):
        draw("{{ persona.name.__class__.mro() }}", {"persona": {"name": "x"}})
    with pytest.raises(PromptRenderFailed, match="could not be rendered"):
        draw("{{ paths | join(3) | length + 'a' }}", {"paths": ["x"]})


def test_template_render_stops_at_its_size() -> None:
    with pytest.raises(PromptTooLarge, match="more than 1000"):
        draw("{% for x in paths %}{{ x }}{% endfor %}", {"paths": ["y" * 100] * 11})


def test_template_render_stops_at_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "MAX_SECONDS", -1.0)
    with pytest.raises(PromptTooLarge, match="to render"):
        draw("{{ paths }}", {"paths": []})


def test_a_template_is_compiled_once() -> None:
    before = render._compiled.cache_info().hits
    for _ in range(3):
        draw("compiled once {{ paths }}", {"paths": []})
    assert render._compiled.cache_info().hits >= before + 2
