"""What the evidence room takes and hands to others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from countersign.shared.types import JSON


@dataclass(frozen=True, slots=True)
class TreeEntryData:
    """One file of a tree, as Git knows it."""

    path: str
    mode: str
    blob: str | None

    def as_json(self) -> dict[str, JSON]:
        """Return the entry as it stands in packs and statements."""
        return {"path": self.path, "mode": self.mode, "blob": self.blob}


@dataclass(frozen=True, slots=True)
class GateEvidence:
    """One gate's report as it is sealed.

    Attributes:
        report: the whole report, canonical JSON.
    """

    name: str
    status: str
    reason: str
    report: Mapping[str, JSON]


@dataclass(frozen=True, slots=True)
class BesideEvidence:
    """Another change of the same session that touches some of the same files.

    Attributes:
        paths: the files that both touch.
        inputs: the recorded inputs of its own risk, as its own pack holds them.
    """

    run_id: str
    pack: str
    paths: tuple[str, ...]
    inputs: Mapping[str, tuple[Mapping[str, JSON], ...]] = field(repr=False)

    def as_json(self) -> dict[str, JSON]:
        """Return it as it stands in a pack."""
        inputs: dict[str, JSON] = {name: list(items) for name, items in self.inputs.items()}
        return {"run_id": self.run_id, "pack": self.pack, "paths": list(self.paths), "inputs": inputs}


@dataclass(frozen=True, slots=True)
class PackContents:
    """Everything that goes into a pack.

    Attributes:
        excluded: ids of persons who can never approve this change.
        base_tree: the whole base tree, so that the result tree can be recomputed offline.
        entries: the replaced paths of the change.
        ruleset: the very bytes that ``ruleset_digest`` names.
        risk_inputs: factor -> recorded inputs.
        session: the analysis session that the change belongs to.
        beside: the other changes that it is scored together with, as ``risk/together.json`` lists them.
        policy: who must approve and why.
        environment: ``name==version`` of what the project's environment holds.
        exceptions: waivers in force, with expiry and compensating controls.
        trial: the branch of the trial that the project is; nothing where it is none.
    """

    project: str
    run_id: str
    title: str
    attempt: int
    isolation: str
    base_commit: str
    base_commit_object: bytes = field(repr=False)
    base_tree_id: str
    base_tree: tuple[TreeEntryData, ...] = field(repr=False)
    change_commit: str
    change_commit_object: bytes = field(repr=False)
    result_tree: str
    entries: tuple[TreeEntryData, ...]
    diff: bytes = field(repr=False)
    prompt: str = field(repr=False)
    prompt_record: Mapping[str, JSON]
    transcript: bytes = field(repr=False)
    agent_call: Mapping[str, JSON]
    gates: tuple[GateEvidence, ...]
    ruleset: bytes = field(repr=False)
    ruleset_digest: str
    violations: tuple[Mapping[str, JSON], ...]
    risk_inputs: Mapping[str, tuple[Mapping[str, JSON], ...]]
    score: int
    policy: Mapping[str, JSON]
    rollback: str
    rollout: str
    environment: tuple[str, ...]
    environment_digest: str
    dependency_change: bool
    exceptions: tuple[Mapping[str, JSON], ...]
    excluded: tuple[str, ...]
    started_at: datetime
    finished_at: datetime
    trial: str = ""
    session: str = ""
    beside: tuple[BesideEvidence, ...] = ()


@dataclass(frozen=True, slots=True)
class ContentKeyData:
    """The living key of one content.

    Attributes:
        digest: names the readable content; the key opens nothing else.
        secret: 32 bytes.
    """

    id: str
    digest: str
    secret: bytes = field(repr=False)

    @property
    def object_suffix(self) -> str:
        """What tells objects of one content under different keys apart."""
        return self.id[:8]


@dataclass(frozen=True, slots=True)
class StoredArtifact:
    """An artifact that lies in the store, encrypted.

    Attributes:
        digest: of the readable bytes.
        object_digest: of what is stored.
    """

    digest: str
    size: int
    key: str
    mode: str
    object_digest: str
    sealed_with: str


@dataclass(frozen=True, slots=True)
class Unmade:
    """What came of destroying the key of a pack.

    Attributes:
        artifacts: digests of the artifacts that the pack held and whose keys went with it.
    """

    pack: str
    run_id: str
    artifacts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SealedPack:
    """A pack that lies in the store.

    Attributes:
        digest: ``sha256:`` of its manifest: the pack's name.
        content_digest: what its statements name.
        file_digest: ``sha256:`` of the readable file.
        object_digest: ``sha256:`` of what is stored: the file, encrypted.
        sealed_with: id of its key.
        locked: the store itself keeps it from being replaced.
    """

    digest: str
    content_digest: str
    file_digest: str
    size: int
    key: str
    locked: bool
    mode: str
    object_digest: str
    sealed_with: str


@dataclass(frozen=True, slots=True)
class PackData:
    """A pack as it is recorded.

    Attributes:
        unmade: its key was destroyed; nobody can read it any more.
    """

    digest: str
    run_id: str
    revision: int
    size: int
    key: str
    locked: bool
    mode: str
    created_at: datetime
    unmade: bool = False


@dataclass(frozen=True, slots=True)
class AddendumData:
    """A re-verification on a moved base, detached from the pack that it names."""

    id: str
    digest: str
    run_id: str
    pack: str
    request_id: str
    envelope: Mapping[str, JSON]


@dataclass(frozen=True, slots=True)
class OldArtifact:
    """An artifact that was stored before some moment.

    Attributes:
        key: where it lies in the store.
        stored_at: when it was last stored.
        unmade: its key is destroyed already, and its bytes are left over.
    """

    digest: str
    key: str
    size: int
    stored_at: datetime
    unmade: bool
