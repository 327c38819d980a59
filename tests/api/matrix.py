"""Which role may use which operation, read from what the views declare."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from countersign.accounts.policies import Action
    from countersign.api.base import ApiView

DOCUMENT = Path(__file__).parents[2] / "docs" / "reference" / "openapi.yaml"
ROLES = ("admin", "agent", "auditor", "cab_member", "ci", "director", "operator", "security_reviewer")
READS = ("get", "head")


def operations() -> list[tuple[str, str]]:
    """Return method and address of every operation of the OpenAPI document."""
    paths = yaml.safe_load(DOCUMENT.read_text())["paths"]
    return [(method, path) for path, methods in paths.items() for method in methods]


def view_of(path: str) -> type[ApiView]:
    """Return the view behind an address of the document."""
    from django.urls import resolve

    unknown = "00000000-0000-4000-8000-000000000000"
    address = path.replace("{id}", unknown).replace("{slug}", "x").replace("{digest}", f"sha256:{'0' * 64}")
    view: type[ApiView] = resolve(address).func.view_class  # type: ignore[attr-defined]  # what as_view() sets
    return view


def action_of(method: str, path: str) -> Action | None:
    """Return what the operation needs."""
    view = view_of(path)
    return view.reading if method in READS else view.writing


def is_open(path: str) -> bool:
    """Say whether nobody needs to be logged in."""
    from rest_framework.permissions import AllowAny

    return AllowAny in view_of(path).permission_classes


def allowed(method: str, path: str) -> frozenset[str]:
    """Return the roles that may use the operation."""
    from countersign.accounts.policies import PERMISSIONS

    action = action_of(method, path)
    return frozenset(ROLES) if action is None else PERMISSIONS[action]


def table() -> str:
    """Return the matrix as the reference prints it."""
    lines = [
        f"| operation | action | {' | '.join(f'`{role}`' for role in ROLES)} |",
        f"|---|---|{'---|' * len(ROLES)}",
    ]
    for method, path in operations():
        may = allowed(method, path)
        needed = "nobody logged in" if is_open(path) else f"`{action_of(method, path) or 'logged in'}`"
        marks = " | ".join("yes" if role in may or is_open(path) else "" for role in ROLES)
        lines.append(f"| `{method.upper()} {path}` | {needed} | {marks} |".replace("|  |", "| |"))
    return "\n".join(line.replace("|  |", "| |").replace("|  |", "| |") for line in lines) + "\n"
