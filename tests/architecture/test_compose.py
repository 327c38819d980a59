"""The production parts: a valid file, no secret in it, and nobody with more keys than it signs with."""

from __future__ import annotations

import base64
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from countersign.cli.embedded import postgres
from countersign.shared.keys import KEY_NAMES
from countersign.shared.storage import S3Store

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "docker-compose.yml"
PARTS = {
    "postgres",
    "valkey",
    "minio",
    "proxy",
    "web",
    "events",
    "worker",
    "beat",
    "sequencer",
    "signer",
    "migrate",
}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(FILE.read_text())
    return loaded


def private_keys(service: dict[str, Any]) -> set[str]:
    return {
        secret["source"].removesuffix("_key")
        for secret in service.get("secrets", [])
        if isinstance(secret, dict)
        and secret["source"].endswith("_key")
        and "_public_" not in secret["source"]
        and secret["source"] != "evidence_key"  # signs nothing
    }


def names(service: dict[str, Any]) -> set[str]:
    return {secret if isinstance(secret, str) else secret["source"] for secret in service.get("secrets", [])}


def test_compose_file_obeys_the_specification() -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"),
            str(FILE),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_compose_has_every_production_part(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) >= PARTS


def test_compose_pins_every_image(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        tag = service["image"].rpartition(":")[2]
        assert tag != service["image"], name
        assert tag != "latest", name


def test_compose_uses_only_what_it_declares(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert names(service) <= set(compose["secrets"]), name
        assert set(service["networks"]) <= set(compose["networks"]), name
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            assert source in compose["volumes"] or (ROOT / source).exists(), volume
        for other in service.get("depends_on", {}):
            assert other in compose["services"], name


def test_compose_carries_no_secret(compose: dict[str, Any]) -> None:
    for secret in compose["secrets"].values():
        assert set(secret) == {"file"}
        assert secret["file"].startswith("infra/secrets/")
    for service in compose["services"].values():
        for key, value in service.get("environment", {}).items():
            if "PASSWORD" in key or key.endswith("_KEY"):
                assert key.endswith("_FILE"), key
            assert "@" not in str(value)


def test_compose_gives_each_process_only_the_keys_it_signs_with(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert private_keys(services["sequencer"]) == {"log"}
    assert private_keys(services["signer"]) == {"decisions"}
    assert private_keys(services["web"]) == private_keys(services["events"]) == set()
    assert private_keys(services["worker"]) == {"runner", "gates", "scorer"}
    holders = {name for name, service in services.items() if "log_key" in names(service)}
    assert holders == {"sequencer"}
    holders = {name for name, service in services.items() if "decisions_key" in names(service)}
    assert holders == {"signer"}
    assert all(
        each["environment"]["COUNTERSIGN_SIGNER"] == "apart" for each in map(services.get, ("web", "events"))
    )
    owners = {name for name, service in services.items() if "database_owner_password" in names(service)}
    assert owners == {"migrate", "postgres"}


def test_compose_gives_the_key_of_evidence_to_those_who_write_and_read_packs(compose: dict[str, Any]) -> None:
    holders = {name for name, service in compose["services"].items() if "evidence_key" in names(service)}
    assert holders >= {"web", "worker"}
    assert not holders & {"sequencer", "signer", "postgres", "minio", "beat"}


def test_compose_gives_those_who_write_trust_files_every_public_key(compose: dict[str, Any]) -> None:
    for name in ("web", "worker", "signer"):
        targets = {s["target"] for s in compose["services"][name]["secrets"] if isinstance(s, dict)}
        known = {
            target.removeprefix("keys/").removesuffix(".pub").removesuffix(".ed25519")
            for target in targets
            if target != "keys/evidence.aes256"
        }
        assert known == set(KEY_NAMES), name


def test_compose_sequencer_and_signer_are_users_of_their_own(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert services["sequencer"]["user"] == "10002:10002"
    assert services["signer"]["user"] == "10003:10003"
    assert all("user" not in services[name] for name in ("web", "events", "worker", "beat"))


def test_compose_exposes_the_proxy_alone(compose: dict[str, Any]) -> None:
    exposed = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}
    assert exposed == {"proxy": ["127.0.0.1:${COUNTERSIGN_PORT:-8080}:8080"]}
    assert compose["networks"]["platform"] == {"internal": True}


def test_compose_names_an_object_store_that_the_platform_opens(compose: dict[str, Any]) -> None:
    address = compose["services"]["web"]["environment"]["COUNTERSIGN_OBJECT_STORE"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COUNTERSIGN_S3_ACCESS_KEY", "key")
        patch.setenv("COUNTERSIGN_S3_SECRET_KEY", "secret")
        assert S3Store.from_address(address) is not None


def test_make_secrets_makes_what_the_compose_file_names_once(compose: dict[str, Any], tmp_path: Path) -> None:
    def run() -> None:
        subprocess.run([sys.executable, ROOT / "infra" / "make-secrets", tmp_path], check=True)

    run()
    made = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert {f"infra/secrets/{name}" for name in made} >= {
        secret["file"] for secret in compose["secrets"].values()
    }
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
    assert len(base64.b64decode(made["log.ed25519.pub"])) == 32
    assert made["valkey_password"] in made["redis_url"]
    run()
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == made


def test_roles_of_the_container_are_the_embedded_ones() -> None:
    """Both ways of starting PostgreSQL say the same about each role."""
    script = (ROOT / "infra" / "postgres" / "10-roles.sh").read_text()
    for role, settings in postgres._ROLE_SETTINGS.items():
        assert f"CREATE ROLE {role} LOGIN PASSWORD" in script
        for setting, value in settings.items():
            assert f"ALTER ROLE {role} SET {setting} = '{value}'" in script


@pytest.mark.parametrize(
    "path", ["infra/postgres/10-roles.sh", "scripts/lib.sh", "scripts/demo", "scripts/test"]
)
def test_shell_scripts_parse(path: str) -> None:
    subprocess.run(["bash", "-n", ROOT / path], check=True)
