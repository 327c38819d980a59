"""What commands say, and how they end."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from countersign import __version__
from countersign.cli import doctor, main, output
from countersign.cli.down import platform_down
from countersign.cli.embedded.network import port_choose
from countersign.cli.errors import CommandFailed, PlatformNotRunning
from countersign.cli.home import Home
from countersign.cli.state import PlatformState, ServiceState
from countersign.shared.env import environment
from countersign.shared.errors import PermissionDenied

# What runs is asked about break-glass.
pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.prepare()
    return home


@pytest.fixture(autouse=True)
def _platform_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    def not_running(_home: Path) -> None:
        message = "no platform runs here"
        raise PlatformNotRunning(message)

    monkeypatch.setattr(doctor, "django_begin", not_running)


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main.app, list(arguments))
    return result.exit_code, result.output


def checks(home: Home, port: int | None = None) -> dict[str, doctor.Check]:
    return {check.name: check for check in doctor.checks_run(home, port or port_choose())}


def test_version_is_the_packages() -> None:
    assert run("version") == (0, f"{__version__}\n")


def test_unknown_command_is_wrong_usage() -> None:
    assert run("no-such-command")[0] == output.EXIT_USAGE


@pytest.mark.parametrize(
    ("error", "code"),
    [(CommandFailed("the cause; the mend"), 1), (PermissionDenied("no"), output.EXIT_DENIED)],
)
def test_main_says_errors_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception, code: int
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(main, "app", fail)
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert ended.value.code == code
    assert capsys.readouterr().err == f"countersign: {error}\n"


def test_main_runs_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    ran = []
    monkeypatch.setattr(main, "app", lambda: ran.append(True))
    main.main()
    assert ran


def test_status_shows_a_running_platform(home: Home) -> None:
    state = PlatformState(supervisor=1, url="http://127.0.0.1:1", waiting_for="web")
    state.services["web"] = ServiceState(2, "log", restarts=3)
    state.write(home)
    with home.locked():
        code, shown = run("status", "--home", str(home.root))
        assert code == 0
        assert "starting, waiting for web" in shown
        code, shown = run("status", "--home", str(home.root), "--json")
        assert json.loads(shown)["services"]["web"]["restarts"] == 3


def test_down_without_a_platform_says_so(home: Home) -> None:
    assert run("down", "--home", str(home.root)) == (0, "Countersign was not running\n")


def test_down_gives_up_on_a_supervisor_that_stays(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("countersign.cli.down.SECONDS", 0.1)
    with subprocess.Popen(["sleep", "0"]) as ended:
        ended.wait()
    PlatformState(supervisor=ended.pid, url="").write(home)
    with home.locked(), pytest.raises(CommandFailed, match="did not stop within"):
        platform_down(home)


def test_doctor_finds_nothing_wrong_here(home: Home) -> None:
    found = checks(home)
    for name in ("python", "git", "servers", "home", "port"):
        assert found[name].status == "ok", found[name]
        assert not found[name].mend


def test_doctor_ends_with_one_when_something_must_be_mended(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = (doctor.Check("git", "failed", "not found", "install it"),)
    monkeypatch.setattr(doctor, "checks_run", lambda *_: failed)
    code, shown = run("doctor", "--home", str(home.root))
    assert code == output.EXIT_FAILED
    assert "mend: install it" in shown
    code, shown = run("doctor", "--home", str(home.root), "--json")
    assert code == output.EXIT_FAILED
    assert json.loads(shown) == {
        "checks": [{"name": "git", "status": "failed", "found": "not found", "mend": "install it"}]
    }


def test_doctor_ends_with_zero_when_all_is_well(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "checks_run", lambda *_: (doctor.Check("git", "ok", "here"),))
    assert run("doctor", "--home", str(home.root)) == (0, "ok       git: here\n")


def test_doctor_names_an_old_python(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "MINIMUM_PYTHON", (sys.version_info.major, sys.version_info.minor + 1))
    assert checks(home)["python"].status == "failed"


def test_doctor_names_what_is_not_installed(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: str) -> Path:
        message = "the package x is not installed; run ./scripts/demo once"
        raise CommandFailed(message)

    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(doctor, "postgres_binary", missing)
    found = checks(home)
    assert found["git"].mend == "install it: apt-get install -y git"
    assert found["servers"].found == "the package x is not installed"
    assert found["servers"].mend == "run ./scripts/demo once"


@pytest.mark.parametrize(
    ("isolation", "says"), [("unconfined", "unconfined"), ("a wish", "a wish is unknown")]
)
def test_doctor_probes_the_isolation_that_is_configured(
    home: Home, monkeypatch: pytest.MonkeyPatch, isolation: str, says: str
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("COUNTERSIGN_ISOLATION", isolation)
        environment.cache_clear()
        assert says in checks(home)["isolation"].found
    environment.cache_clear()


def test_doctor_passes_on_why_an_isolation_does_not_start(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Probe:
        ok = False
        reason = "the kernel forbids it"
        mend = "allow it"

    monkeypatch.setattr(doctor, "isolation_probe", lambda _: Probe())
    found = checks(home)["isolation"]
    assert found.status == "failed"
    assert "the kernel forbids it" in found.found
    assert found.mend == "allow it"


def test_doctor_names_a_home_that_is_full_or_closed(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "FREE_BYTES", 1 << 62)
    assert checks(home)["home"].status == "warning"
    monkeypatch.setattr("os.access", lambda *_: False)
    assert checks(home)["home"].mend == "choose another with --home DIRECTORY"


def test_doctor_names_a_port_that_is_taken(home: Home) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert checks(home, port)["port"].status == "failed"
        with home.locked():
            assert checks(home, port)["port"].found == "the platform is up"


def test_doctor_names_an_interface_that_is_not_built(
    home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("COUNTERSIGN_UI_DIR", str(tmp_path))
        environment.cache_clear()
        assert checks(home)["web interface"].mend.endswith("once: it builds it")
        patch.setattr(doctor, "repository_root", lambda: tmp_path)
        assert "COUNTERSIGN_UI_DIR" in checks(home)["web interface"].mend
        (tmp_path / "index.html").write_text("")
        assert checks(home)["web interface"].status == "ok"
    environment.cache_clear()


def test_doctor_names_who_holds_roles_that_exclude_one_another(
    db: None, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    from countersign.accounts.models import Person, RoleAssignment
    from countersign.accounts.services import roles_sync
    from countersign.shared.actor import service_actor

    monkeypatch.setattr(doctor, "django_begin", lambda _home: None)
    roles_sync(actor=service_actor("setup"))
    person = Person.objects.create(name="Ada")
    RoleAssignment.objects.create(person=person, role_id="auditor")
    assert doctor._separation(home).status == "ok"
    RoleAssignment.objects.create(person=person, role_id="admin")
    found = doctor._separation(home)
    assert (found.status, found.found) == ("warning", f"{person.id} is both auditor and admin")
