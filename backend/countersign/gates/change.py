"""One change as the checks see it: both sides' files, and what the analysers say about them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from countersign.findings.cache import AnalysisCache
from countersign.findings.python_target import target_version
from countersign.findings.tools import RUFF_SELECT, ToolConfig, bandit_run, ruff_run, tool_version
from countersign.findings.tree import PYTHON_SUFFIXES, TreeFiles

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from countersign.findings.contracts import HookResult
    from countersign.gates.contracts import GateContext


class Change:
    """A context with the work that several checks share.

    Whatever steers an analyser comes from the platform or from the base, and suppressions are not heeded: the
    code under test can't silence what looks at it.
    """

    def __init__(self, context: GateContext, *, cache_directory: Path | None) -> None:
        """Look at a change; nothing is read yet."""
        self.context = context
        self.base = TreeFiles(context.base_directory)
        self.result = TreeFiles(context.result_directory)
        self._cache = AnalysisCache(cache_directory)

    @property
    def paths(self) -> tuple[str, ...]:
        """Every changed path, sorted."""
        return tuple(sorted(one.path for one in self.context.changed))

    @property
    def python_paths(self) -> tuple[str, ...]:
        """Every changed Python source file, sorted."""
        return tuple(path for path in self.paths if path.endswith(PYTHON_SUFFIXES))

    @cached_property
    def config(self) -> ToolConfig:
        """What steers the analysers on both sides alike."""
        targets = tuple(rule for rule in self.context.target_rules if rule not in RUFF_SELECT)
        return ToolConfig(
            target_version=target_version(self.base),
            respect_suppressions=False,
            select=(*RUFF_SELECT, *(rule for rule in targets if not is_bandit_rule(rule))),
        )

    def ruff(self, files: TreeFiles) -> HookResult:
        """Return what ruff says about all of one side: an import means what the whole tree makes of it."""
        key = self._key("ruff", files.digest())
        return self._cache.get_or_run(
            key, lambda: ruff_run(files, config=self.config, isolation=self.context.isolation)
        )

    def bandit(self, files: TreeFiles, paths: Sequence[str]) -> HookResult:
        """Return what bandit says about some files of one side; it reads each file by itself."""
        present = tuple(path for path in paths if path in files.paths)
        key = self._key("bandit", files.digest(present))
        return self._cache.get_or_run(
            key,
            lambda: bandit_run(files, config=self.config, isolation=self.context.isolation, paths=present),
        )

    def _key(self, tool: str, digest: str) -> tuple[str, ...]:
        return (tool, tool_version(tool), self.config.digest(tool), digest, self.context.isolation.value)


def is_bandit_rule(rule: str) -> bool:
    """Say whether a rule is bandit's (``B101`` to ``B7xx``) and not ruff's of the same letter."""
    return len(rule) == len("B101") and rule[0] == "B" and rule[1] in "1234567" and rule[1:].isdigit()
