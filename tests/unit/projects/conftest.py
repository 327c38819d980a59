"""A leased job, and trees whose tests can really run."""

from pathlib import Path

import pytest

from countersign.jobs.contracts import Lease
from countersign.projects.contracts import EnvironmentData, ProjectData
from countersign.projects.environment import environment_build
from countersign.sandbox.contracts import IsolationKind
from countersign.shared.actor import Actor, service_actor

COMMIT = "1" * 40


@pytest.fixture
def actor() -> Actor:
    return service_actor("tests")


@pytest.fixture
def lease(db: None, actor: Actor) -> Lease:
    """The lease of a job that this test works on."""
    from django.db import transaction

    from countersign.jobs.services import job_claim, job_enqueue

    with transaction.atomic():
        job_id = job_enqueue(actor=actor, kind="project.register", subject=("project", "x"), payload={})
    claimed = job_claim(job_id=job_id, owner="tests")
    assert claimed is not None
    return claimed.lease


@pytest.fixture
def project(db: None, actor: Actor) -> ProjectData:
    """A project whose registration has begun."""
    from countersign.projects.services import project_create

    return project_create(
        actor=actor,
        slug="thing",
        name="Thing",
        source_path="/somewhere",
        repository_path="/platform/thing.git",
        isolation="bubblewrap",
    )


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small project with one test of each outcome."""
    directory = tmp_path / "tree"
    (directory / "tests").mkdir(parents=True)
    (directory / "src" / "thing").mkdir(parents=True)
    (directory / "src" / "thing" / "__init__.py").write_text("VALUE = 1\n")
    (directory / "tests" / "test_thing.py").write_text(
        "import pytest\nfrom thing import VALUE\n\n"
        "class TestValue:\n"
        "    @pytest.mark.parametrize('x', [1, 2])\n"
        "    def test_is_positive(self, x):\n        assert VALUE < x + 1\n\n"
        "@pytest.mark.skip\ndef test_later(): ...\n"
    )
    return directory


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> EnvironmentData:
    """The environment of a project that declares nothing: pytest alone."""
    place = tmp_path_factory.mktemp("environment")
    (place / "tree").mkdir()
    built = environment_build(place / "tree", place / "cache", isolation=IsolationKind.BUBBLEWRAP)
    assert built.status == "ready", built.log_tail
    assert any(item.startswith("pytest==") for item in built.requirements)
    return built
