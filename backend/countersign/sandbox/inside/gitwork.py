"""Git on a repository that nobody trusts: a program that runs inside the sandbox (standard library only).

Usage: gitwork.py '{"do": "import" | "look" | "deliver" | "init", ...}'; answers one JSON object.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

_SETTINGS = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.untrackedCache": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "safe.directory": "*",
}
_EPOCH = "315532800 +0000"  # 1980-01-01, the earliest moment that every archive format can hold
_IDENTITY = {"NAME": "Countersign", "EMAIL": "platform@countersign.invalid"}


class Refused(Exception):
    """What the platform is told instead of a result."""

    def __init__(self, state: str, message: str) -> None:
        super().__init__(message)
        self.state = state


class Git:
    """Git on one repository."""

    def __init__(self, directory: Path, **extra: str) -> None:
        settings = list(_SETTINGS.items())
        self.directory = directory
        self.environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": os.environ.get("HOME", "/nonexistent"),  # noqa: TID251 - a program of its own
            "LC_ALL": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ALLOW_PROTOCOL": "none",
            "GIT_CEILING_DIRECTORIES": str(directory.parent),
            "GIT_CONFIG_COUNT": str(len(settings)),
            **{f"GIT_CONFIG_KEY_{number}": name for number, (name, _) in enumerate(settings)},
            **{f"GIT_CONFIG_VALUE_{number}": value for number, (_, value) in enumerate(settings)},
            **{
                f"GIT_{role}_{part}": value
                for role in ("AUTHOR", "COMMITTER")
                for part, value in _IDENTITY.items()
            },
            **extra,
        }

    def run(self, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Run a command whatever its exit code."""
        return subprocess.run(
            ["git", "-C", str(self.directory), *arguments],
            input=stdin,
            capture_output=True,
            env=self.environment,
            check=False,
        )

    def ask(self, *arguments: str, stdin: bytes = b"") -> str:
        """Run a command that has to succeed and return its answer."""
        done = self.run(*arguments, stdin=stdin)
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip().splitlines() or ["no answer"]
            raise Refused("failed", f"git {arguments[0]}: {said[0]}")
        return done.stdout.decode(errors="replace").strip()


def pack_out(task: dict[str, str]) -> dict[str, str]:
    """Write everything that one branch reaches into a pack."""
    source = Path(task["source"])
    git = Git(source)
    if (source / ".git").is_file():
        raise Refused("failed", "this is a linked worktree; register the repository that it belongs to")
    if git.ask("rev-parse", "--is-shallow-repository") == "true":
        raise Refused("failed", "this is a shallow clone; run `git fetch --unshallow` in it first")
    branch = task.get("branch") or ""
    if not branch:
        head = git.run("symbolic-ref", "--quiet", "--short", "HEAD")
        if head.returncode:
            raise Refused("failed", "no branch is checked out; name the branch")
        branch = head.stdout.decode().strip()
    found = git.run("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}^{{commit}}")
    if found.returncode and task.get("start"):
        _room_check(git, branch)
        found = git.run("rev-parse", "--verify", "--quiet", f"{task['start']}^{{commit}}")
    if found.returncode:
        raise Refused("failed", f"there is no branch {branch!r} with a commit")
    commit = found.stdout.decode().strip()
    with Path(task["pack"]).open("wb") as pack:
        done = subprocess.run(
            ["git", "-C", str(source), "pack-objects", "--revs", "--stdout", "--quiet"],
            input=f"{commit}\n".encode(),
            stdout=pack,
            stderr=subprocess.PIPE,
            env=git.environment,
            check=False,
        )
    if done.returncode:
        raise Refused("failed", f"git pack-objects: {done.stderr.decode(errors='replace').strip()[:300]}")
    return {"state": "done", "branch": branch, "commit": commit}


def _room_check(git: Git, branch: str) -> None:
    """Refuse a branch that can't be made because a part of its name is a branch already."""
    parts = branch.split("/")
    for number in range(1, len(parts)):
        taken = "/".join(parts[:number])
        if git.run("rev-parse", "--verify", "--quiet", f"refs/heads/{taken}").returncode == 0:
            raise Refused("failed", f"the branch {taken!r} is in the way of {branch!r}; rename it first")


def _update_checkout(git: Git, branch: str, old: str, new: str) -> bool:
    """Bring the branch's checkout, if there is one, from ``old`` to ``new``; say whether there was one."""
    ref = f"refs/heads/{branch}"
    if git.ask("rev-parse", "--is-bare-repository") == "true":
        return False
    listing = git.ask("worktree", "list", "--porcelain").split("\n\n")
    if any(f"branch {ref}" in block.splitlines() for block in listing[1:]):
        raise Refused("dirty", f"{branch} is checked out in a linked worktree; remove that worktree first")
    if git.run("symbolic-ref", "--quiet", "HEAD").stdout.decode().strip() != ref:
        return False
    git.run("update-index", "-q", "--refresh")
    clean_files = git.run("diff-files", "--quiet").returncode == 0
    if clean_files and git.run("diff-index", "--cached", "--quiet", new).returncode == 0:
        return True  # an earlier delivery got this far
    if not clean_files or git.run("diff-index", "--cached", "--quiet", old).returncode:
        raise Refused("dirty", f"{branch} is checked out and has changes; commit or stash them")
    moved = git.run("read-tree", "-m", "-u", old, new)
    if moved.returncode:
        said = moved.stderr.decode(errors="replace").strip().splitlines()[:1]
        raise Refused("dirty", f"the checkout of {branch} is in the way: {''.join(said)}")
    return True


def look(task: dict[str, str]) -> dict[str, str]:
    """Say where a branch stands; nothing when it is not there."""
    found = Git(Path(task["source"])).run(
        "rev-parse", "--verify", "--quiet", f"refs/heads/{task['branch']}^{{commit}}"
    )
    return {"state": "done", "commit": found.stdout.decode().strip()}


def deliver(task: dict[str, object], pack: bytes) -> dict[str, str]:
    """Take in the objects, update a clean checkout, and move branch and tags in one transaction."""
    branch, old, new = str(task["branch"]), str(task["old"]), str(task["new"])
    tags = {str(name): str(commit) for name, commit in dict(task["tags"]).items()}  # type: ignore[call-overload]
    git = Git(Path(str(task["source"])))
    ref = f"refs/heads/{branch}"
    at = git.run("rev-parse", "--verify", "--quiet", ref).stdout.decode().strip()
    begins = not at and task.get("create") is True
    if not begins and at not in {old, new}:
        raise Refused("moved", f"{branch} is at {at or 'nothing'}, not at {old}")
    git.ask("index-pack", "--stdin", "--strict", "--fix-thin", stdin=pack)
    changes = [f"create {ref} {new}"] if begins else [f"update {ref} {new} {old}"] if at == old else []
    for name, commit in tags.items():
        there = git.run("rev-parse", "--verify", "--quiet", f"refs/tags/{name}").stdout.decode().strip()
        if there and there != commit:
            raise Refused("moved", f"the tag {name} is there already, at {there}")
        if not there:
            changes.append(f"create refs/tags/{name} {commit}")
    checkout = at == old and _update_checkout(git, branch, old, new)
    if changes:
        done = git.run(
            "update-ref", "--stdin", "-m", "countersign", stdin=("\n".join(changes) + "\n").encode()
        )
        if done.returncode:
            if checkout:
                git.run("read-tree", "-m", "-u", new, old)
            raise Refused("moved", done.stderr.decode(errors="replace").strip()[:300])
    return {"state": "done"}


def init(task: dict[str, str]) -> dict[str, str]:
    """Put a plain directory under Git, with bytes that follow from its content."""
    directory = Path(task["source"])
    git = Git(directory, GIT_AUTHOR_DATE=_EPOCH, GIT_COMMITTER_DATE=_EPOCH)
    git.ask("init", "--quiet", "--template=", "--object-format=sha1", f"--initial-branch={task['branch']}")
    # The files are taken byte for byte, also those that the project's own .gitignore would leave out.
    (directory / ".git" / "info").mkdir(exist_ok=True)
    (directory / ".git" / "info" / "attributes").write_text("* -text -ident -filter -working-tree-encoding\n")
    git.ask("add", "--all", "--force")
    git.ask("commit", "--quiet", "--allow-empty", "--no-verify", "-m", task["message"])
    return {"state": "done", "commit": git.ask("rev-parse", "HEAD")}


def main() -> None:
    """Carry out the task of the command line."""
    task = json.loads(sys.argv[1])
    try:
        if task["do"] == "import":
            answer = pack_out(task)
        elif task["do"] == "deliver":
            answer = deliver(task, sys.stdin.buffer.read())
        elif task["do"] == "look":
            answer = look(task)
        else:
            answer = init(task)
    except Refused as refused:
        answer = {"state": refused.state, "message": str(refused)}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
