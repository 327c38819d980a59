"""Runs the analysers of a session over one tree, side by side."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol

from countersign.findings.contracts import HookResult, HookStatus
from countersign.findings.errors import ToolUnknown
from countersign.findings.python_target import target_version
from countersign.findings.tools import ToolConfig, bandit_run, ruff_run, tool_version
from countersign.findings.tree import TreeFiles
from countersign.shared.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from countersign.sandbox.contracts import IsolationKind


class _Hook(Protocol):
    def __call__(self, files: TreeFiles, *, config: ToolConfig, isolation: IsolationKind) -> HookResult: ...


_HOOKS: dict[str, _Hook] = {"ruff": ruff_run, "bandit": bandit_run}


def analysis_run(
    tree: Path,
    *,
    isolation: IsolationKind,
    tools: Sequence[str] = ("ruff", "bandit"),
    config: ToolConfig | None = None,
) -> tuple[HookResult, ...]:
    """Analyse a tree; one result a tool, in the order asked for.

    A tool that can't run or whose report can't be read yields a result of status ``failed`` with its reason.

    Args:
        tree: a laid-out tree that nobody writes to.
        isolation: how the tools are kept from the machine.
        tools: which to run.
        config: by default the platform's, with the Python version that the project promises.

    Raises:
        ToolUnknown: a tool is asked for that nobody here knows.
    """
    unknown = [tool for tool in tools if tool not in _HOOKS]
    if unknown:
        known = ", ".join(sorted(_HOOKS))
        raise ToolUnknown(f"there is no tool '{unknown[0]}'; known are {known}", tools=unknown)
    files = TreeFiles(tree)
    chosen = config or ToolConfig(target_version=target_version(files))

    def run(tool: str) -> HookResult:
        try:
            return _HOOKS[tool](files, config=chosen, isolation=isolation)
        except (DomainError, OSError) as error:
            return _failed(tool, chosen, f"{tool} could not be run: {error}")

    with ThreadPoolExecutor(max_workers=2, thread_name_prefix="analysis") as pool:
        return tuple(pool.map(run, tools))


def _failed(tool: str, config: ToolConfig, reason: str) -> HookResult:
    try:
        known_version = tool_version(tool)
    except DomainError:
        known_version = "unknown"
    return HookResult(
        tool=tool,
        version=known_version,
        argv=(),
        exit_code=None,
        duration_ms=0,
        status=HookStatus.FAILED,
        reason=reason,
        findings=(),
        config_digest=config.digest(tool),
    )
