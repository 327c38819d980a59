"""The command: its lines, its JSON, its exit codes, and what it runs without."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from countersign_verify import __version__
from countersign_verify.cli import FAILED, OK, USAGE, main
from countersign_verify.report import Report, Status, printable
from tests.unit.countersign_verify.samples import trust_bytes
from tests.unit.countersign_verify.worlds import World

BACKEND = Path(__file__).parents[3] / "backend"


def test_log_command_says_ok_and_what_it_trusts(
    sound: Path, trust_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["log", str(sound), "--trust", str(trust_file)]) == OK
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("ok           files")
    assert lines[-2].startswith("trust        self-attested: only the operator's own keys")
    assert lines[-1].startswith("verdict      OK: all that was checked holds")
    assert any(line.startswith("not covered  roles") for line in lines)


def test_log_command_says_what_failed(
    export: Path, trust_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (export / "surprise").write_bytes(b"")
    assert main(["log", str(export), "--trust", str(trust_file)]) == FAILED
    out = capsys.readouterr().out
    assert "FAILED       nothing else" in out
    assert "'surprise'" in out
    assert out.splitlines()[-1] == "verdict      FAILED: nothing else"


def test_log_command_takes_checkpoints_kept_from_earlier(
    tmp_path: Path, world: World, trust_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world.filler(20)
    note = tmp_path / "note"
    note.write_text(world.note(20))
    world.entries = world.entries[:10]
    export = world.write(tmp_path / "export")
    assert main(["log", str(export), "--trust", str(trust_file), "--known", str(note)]) == FAILED
    assert "its tail is gone" in capsys.readouterr().out
    note.write_text(world.note(5))
    assert main(["log", str(export), "--trust", str(trust_file), "--known", str(note)]) == OK
    assert "extends 5 events seen before" in capsys.readouterr().out


def test_pack_command_as_json(sound: Path, trust_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pack = next((sound / "packs").iterdir())
    assert main(["pack", str(pack), "--trust", str(trust_file), "--json"]) == OK
    report = json.loads(capsys.readouterr().out)
    assert report["verdict"] == "ok"
    assert report["failed"] == []
    exceptions = {"name": "exceptions", "status": "ok", "detail": "0 in force, each bounded", "codes": []}
    assert exceptions in report["checks"]
    assert {check["status"] for check in report["checks"]} == {"ok", "not covered"}


def test_pack_command_as_json_when_it_fails(
    tmp_path: Path, trust_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pack = tmp_path / "pack.tar"
    pack.write_bytes(b"PK\x03\x04")
    assert main(["pack", str(pack), "--trust", str(trust_file), "--json"]) == FAILED
    report = json.loads(capsys.readouterr().out)
    assert (report["verdict"], report["failed"]) == ("failed", ["container"])
    assert "[pack.compressed]" in report["checks"][0]["detail"]
    assert report["checks"][0]["codes"] == ["pack.compressed"]
    assert report["checks"][-1]["name"] == "decision"


@pytest.mark.parametrize("command", ["pack", "log"])
def test_wrong_paths_are_wrong_usage(
    tmp_path: Path, trust_file: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = str(tmp_path / "missing")
    assert main([command, missing, "--trust", str(trust_file)]) == USAGE
    assert main([command, missing, "--trust", missing]) == USAGE
    assert main(["log", str(tmp_path), "--trust", str(trust_file), "--known", missing]) == USAGE
    bad = tmp_path / "bad.json"
    bad.write_bytes(trust_bytes().replace(b"countersign/trust/v1", b"countersign/trust/v9"))
    assert main([command, missing, "--trust", str(bad)]) == USAGE
    assert "can't be used" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["pack"], ["pack", "x"], ["seal", "x"], ["log", "x", "--trust"]])
def test_wrong_arguments_are_wrong_usage(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == USAGE


def test_report_makes_hostile_text_safe_to_show() -> None:
    report = Report("x\x1b[2J", "")
    report.add("check", Status.FAILED, "\x1b]0;owned\x07 \u202e" + "y" * 5000)
    assert "\x1b" not in "\n".join(report.lines())
    assert "\u202e" not in str(report.as_json())
    assert len(report.checks[0].detail) == 600
    assert printable("ä\n") == "ä\\n"


def test_report_without_any_check_does_not_hold() -> None:
    assert not Report().holds
    assert Report().lines()[-1].endswith("nothing was checked")
    only_open = Report()
    only_open.not_covered("all", "nobody looked")
    assert not only_open.holds


def test_package_runs_alone_without_django_or_network(sound: Path, trust_file: Path) -> None:
    program = (
        "import sys\n"
        "for name in ('django', 'countersign', 'socket', 'ssl', 'http.client', 'urllib.request'):\n"
        "    sys.modules[name] = None\n"
        "from countersign_verify.cli import main\n"
        f"sys.exit(main(['log', {str(sound)!r}, '--trust', {str(trust_file)!r}]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=BACKEND, capture_output=True, check=False, text=True
    )
    assert (done.returncode, done.stderr) == (OK, "")


def test_package_is_a_command() -> None:
    command = [sys.executable, "-m", "countersign_verify", "--version"]
    done = subprocess.run(command, cwd=BACKEND, capture_output=True, check=True, text=True)
    assert done.stdout.strip() == __version__
