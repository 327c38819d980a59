"""What linters can't follow: relations between tables, and ways around the import contracts."""

from __future__ import annotations

import ast

import pytest

from tests.architecture.source import floors, imported, modules, name_of, room_of

# Ways to a model or a module by its name, which the import contracts can't follow.
_LOOKUPS = {"get_model", "get_models", "import_string", "import_module", "__import__"}
# The console alone may know every room's models: it registers all of them.
_CONSOLE = "backend/countersign/console/registration.py"
_SIGNALS = ("django.db.models.signals", "django.dispatch", "django.core.signals", "celery.signals")


def test_every_room_has_a_floor() -> None:
    from django.apps import apps

    names = [app.name for app in apps.get_app_configs()]
    rooms = {name.removeprefix("countersign.") for name in names if name.startswith("countersign.")}
    assert rooms <= floors().keys()
    assert floors()["config"] > floors()["workflow"] > floors()["audit"] > floors()["shared"]


def test_foreign_keys_only_point_down() -> None:
    from django.apps import apps

    upward = []
    for model in apps.get_models(include_auto_created=True):
        here = model._meta.app_config.name.removeprefix("countersign.")
        if here not in floors():
            continue
        for field in model._meta.get_fields(include_hidden=True):
            target = field.related_model if field.is_relation and field.concrete else None
            if target is None or isinstance(target, str):
                continue
            there = target._meta.app_config.name.removeprefix("countersign.")
            if there != here and there in floors() and floors()[there] >= floors()[here]:
                upward.append(f"{model.__name__}.{field.name} -> {there}.{target.__name__}")
    assert upward == []


def test_no_relation_is_named_by_a_string_to_another_floor() -> None:
    """Foreign keys by name escape the import contracts; whoever names one points down."""
    upward = []
    for path, tree in modules():
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            if node.func.attr not in {"ForeignKey", "OneToOneField", "ManyToManyField"} or not node.args:
                continue
            target = node.args[0]
            name = str(target.value) if isinstance(target, ast.Constant) else ""
            room, here = name.partition(".")[0], room_of(path)
            if "." in name and room in floors() and room != here and floors()[room] >= floors()[here]:
                upward.append(f"{name_of(path)}:{node.lineno} {name}")
    assert upward == []


def test_nobody_finds_models_or_modules_by_name() -> None:
    found = []
    for path, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                function = node.func
                name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
                if name in _LOOKUPS and (name, name_of(path)) != ("get_models", _CONSOLE):
                    found.append(f"{name_of(path)}:{node.lineno} {name}")
    assert found == []


@pytest.mark.parametrize("signal", _SIGNALS)
def test_nobody_listens_to_signals_of_models(signal: str) -> None:
    found = {
        name_of(path)
        for path, tree in modules()
        for node in ast.walk(tree)
        if any(name == signal or name.startswith(f"{signal}.") for name in imported(node))
    }
    # Celery tells a process of its own start and end with signals; nothing else hears of them.
    allowed = {"backend/countersign/config/celery.py"} if signal == "celery.signals" else set()
    assert found <= allowed
