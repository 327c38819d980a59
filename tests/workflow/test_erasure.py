"""A person who did everything is erased: no dump and no file says who it was, and all still verifies."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from countersign.accounts.errors import ErasureRefused, PersonNotFound
from countersign.accounts.services import role_grant, token_issue
from countersign.approvals.comments import comment_add
from countersign.audit.selectors import event_list
from countersign.audit.services import record
from countersign.cli.embedded.binaries import postgres_binary
from countersign.shared.actor import Actor
from countersign.shared.env import environment
from countersign.shared.errors import PermissionDenied
from countersign.workflow.commands import export_begin
from countersign.workflow.erasure import (
    erasure_carry_out,
    erasure_preview,
    left_lines,
    preview_lines,
)
from countersign_verify.log_verify import log_verify
from countersign_verify.report import Report
from countersign_verify.trust import trust_read
from tests.workflow.conftest import _result
from tests.workflow.world import PLATFORM, World, drive

pytestmark = pytest.mark.needs("bwrap")
NAME, EMAIL = "Zenobia Quillfeather-Ó Núñez", "zenobia.quillfeather@example.org"
PASSWORD = "correct horse battery staple"
_BYTEA = re.compile(rb"\\\\x([0-9a-f]+)")


def places(superuser_dsn: str, *directories: Path) -> Iterator[tuple[str, bytes]]:
    """Yield everything that is kept: the database as a backup has it, and every file."""
    from django.db import connection

    command = [str(postgres_binary("pg_dump")), "--format=plain", superuser_dsn]
    command[-1] = superuser_dsn.replace("dbname=postgres", f"dbname={connection.settings_dict['NAME']}")
    dump = subprocess.run(command, capture_output=True, check=True).stdout
    assert b"COPY public.accounts_person" in dump
    yield "dump", dump
    yield "bytes in the dump", b"\n".join(bytes.fromhex(found.decode()) for found in _BYTEA.findall(dump))
    for directory in directories:
        for file in sorted(directory.rglob("*")):
            if file.is_file() and not file.is_symlink():
                yield str(file), file.read_bytes()


def said(superuser_dsn: str, *directories: Path) -> dict[str, list[str]]:
    """Return in which places the person is named, and how."""
    words = {
        "name": NAME.encode(),
        "first name": b"zenobia",
        "surname": b"quillfeather",
        "address": EMAIL.encode(),
        "escaped": NAME.encode("unicode_escape"),
    }
    found: dict[str, list[str]] = {}
    for place, data in places(superuser_dsn, *directories):
        for what, word in words.items():
            if word.lower() in data.lower():
                found.setdefault(place, []).append(what)
    return found


def kept() -> tuple[Path, ...]:
    home = environment().home
    return (Path(environment().object_store), *(home / name for name in ("exports", "repositories", "logs")))


@pytest.fixture
def zenobia(merged: World) -> Actor:
    """A director who signed a phase off, and left something in every table that keeps such things."""
    from allauth.account.models import EmailAddress
    from allauth.mfa.models import Authenticator
    from allauth.socialaccount.models import SocialAccount
    from django.contrib.auth import get_user_model
    from django.core.cache import cache
    from rest_framework.test import APIClient

    from countersign.accounts.models import DecidingCredential
    from countersign.accounts.services import one_time_login_issue, user_create

    made = user_create(actor=PLATFORM, email=EMAIL, name=NAME, password=PASSWORD)
    role_grant(actor=PLATFORM, person_id=made.person_id, role="director")
    person = Actor(
        kind="person", id=made.id, label=NAME, person_id=made.person_id, roles=frozenset({"director"})
    )
    user = get_user_model().objects.get(pk=made.id)
    one_time_login_issue(actor=PLATFORM, user_id=made.id)
    token = token_issue(actor=person, user_id=made.id, label="Zenobia's laptop", valid=timedelta(days=1))
    EmailAddress.objects.create(user=user, email=EMAIL, verified=True, primary=True)
    SocialAccount.objects.create(user=user, provider="sso", uid=EMAIL, extra_data={"name": NAME})
    DecidingCredential.objects.create(
        person_id=made.person_id,
        user_id=made.id,
        label="Quillfeather",
        rp_id="localhost",
        credential_id=b"id",
        public_key=b"key",
    )
    # Where failures are counted that slow logins down, those of other tests too.
    cache.clear()
    browser = APIClient()
    for password in ("wrong", PASSWORD):
        browser.post("/api/v1/auth/login/", {"email": EMAIL, "password": password}, format="json")
    assert browser.get("/api/v1/me/").json()["email"] == EMAIL
    Authenticator.objects.create(user=user, type="webauthn", data={"name": "Zenobia's key"})
    program = APIClient()
    program.credentials(HTTP_AUTHORIZATION=f"Bearer {token.secret}", HTTP_IDEMPOTENCY_KEY="once")
    [request] = merged.requests("phase")
    address = f"/api/v1/approval-requests/{request.id}/comments/"
    answered = program.post(address, {"text": "I looked at it"}, format="json")
    assert NAME in answered.content.decode()
    merged.decide(request, actor=person)
    drive()
    return person


@pytest.fixture
def admin(merged: World) -> Actor:
    return merged.person("sue", "admin")


def test_erased_person_is_nowhere_and_everything_still_verifies(
    merged: World, zenobia: Actor, admin: Actor, superuser_dsn: str
) -> None:
    assert {"dump", "bytes in the dump"} & said(superuser_dsn).keys() == {"dump"}
    person_id = str(zenobia.person_id)
    preview = erasure_preview(actor=admin, person_id=person_id)
    assert preview.mentions == ()
    text = "\n".join(preview_lines(preview))
    for line in ("roles: director", "sessions that end: 1", "revoked: 1", "second factors: 1", EMAIL):
        assert line in text, text
    done = erasure_carry_out(actor=admin, person_id=person_id, confirmation=EMAIL.upper())
    assert done.mentions == ()
    job_id = export_begin(actor=merged.auditor)
    drive()
    assert said(superuser_dsn, *kept()) == {}
    result = _result(job_id)
    report = Report()
    log_verify(Path(str(result["directory"])), trust_read(Path(str(result["trust"])).read_bytes()), report)
    assert report.failures == ()
    by_her = event_list(actor=merged.auditor, actor_id=zenobia.id)
    assert {"user.logged_in", "approval.commented", "decision.recorded"} <= {event.type for event in by_her}
    assert {event.actor_label for event in by_her} == {None}


def test_erased_person_gets_in_nowhere(merged: World, zenobia: Actor, admin: Actor) -> None:
    from django.contrib.auth import get_user_model
    from rest_framework.test import APIClient

    from countersign.accounts.errors import UserNotFound
    from countersign.accounts.services import one_time_login_issue, user_create

    browser, program = APIClient(), APIClient()
    browser.force_login(get_user_model().objects.get(pk=zenobia.id))
    secret = token_issue(actor=zenobia, user_id=zenobia.id, label="another", valid=timedelta(days=1)).secret
    program.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert browser.get("/api/v1/me/").status_code == program.get("/api/v1/me/").status_code == 200
    person_id = str(zenobia.person_id)
    erasure_carry_out(actor=admin, person_id=person_id, confirmation=EMAIL)
    assert browser.get("/api/v1/me/").status_code == program.get("/api/v1/me/").status_code == 401
    again = browser.post("/api/v1/auth/login/", {"email": EMAIL, "password": PASSWORD}, format="json")
    assert again.status_code == 401
    ended = {event.type for event in event_list(actor=merged.auditor, limit=50)}
    assert {"role.revoked", "token.revoked", "credential.revoked", "user.deactivated"} <= ended
    assert {"person.anonymised", "person.erased"} <= ended
    with pytest.raises(UserNotFound):
        one_time_login_issue(actor=admin, user_id=zenobia.id)
    with pytest.raises(UserNotFound):
        role_grant(actor=admin, person_id=person_id, role="director")
    with pytest.raises(UserNotFound):
        user_create(actor=admin, email="new@example.org", name="New", person_id=person_id)


def test_name_that_a_process_still_remembers_is_written_under_no_key(
    merged: World, zenobia: Actor, admin: Actor, superuser_dsn: str
) -> None:
    """A worker that took a job up before goes on with the old name in its hands."""
    from django.db import transaction

    from countersign.audit.labels import forget_cached_keys

    erasure_carry_out(actor=admin, person_id=str(zenobia.person_id), confirmation=EMAIL)
    for _ in range(2):
        with transaction.atomic():
            record(actor=zenobia, type="run.claimed", subject=("run", "late"))
        forget_cached_keys()
    assert [event.actor_label for event in event_list(actor=PLATFORM, subject=("run", "late"))] == [None] * 2
    assert said(superuser_dsn) == {}


def test_texts_of_others_that_name_the_person_are_told_before_and_after(
    merged: World, zenobia: Actor, admin: Actor
) -> None:
    [request, *_] = merged.requests("phase", "approved")
    comment_add(actor=merged.director, request_id=request.id, text=f"as {NAME.upper()} said")
    comment_add(actor=merged.director, request_id=request.id, text="zenobia.quillfeather@example.organic")
    person_id = str(zenobia.person_id)
    told = [
        line for line in preview_lines(erasure_preview(actor=admin, person_id=person_id)) if "texts" in line
    ]
    assert [line.partition(" (")[0] for line in told] == [
        "  texts that say the name or an address: 1 in approvals_comment"
    ]
    done = erasure_carry_out(actor=admin, person_id=person_id, confirmation=EMAIL)
    assert list(left_lines(done)) == told


def test_erasure_is_refused_without_the_right_words(merged: World, zenobia: Actor, admin: Actor) -> None:
    person_id = str(zenobia.person_id)
    with pytest.raises(ErasureRefused, match="once more"):
        erasure_carry_out(actor=admin, person_id=person_id, confirmation="sue@example.org")
    with pytest.raises(ErasureRefused, match="another administrator"):
        erasure_carry_out(actor=admin, person_id=str(admin.person_id), confirmation="sue@example.org")
    with pytest.raises(PermissionDenied):
        erasure_carry_out(actor=merged.operator, person_id=person_id, confirmation=EMAIL)
    with pytest.raises(PermissionDenied):
        erasure_preview(actor=merged.auditor, person_id=person_id)
    with pytest.raises(PersonNotFound):
        erasure_preview(actor=admin, person_id="nobody")
    assert not erasure_preview(actor=admin, person_id=person_id).held.erased


def test_erasure_of_the_last_administrator_is_refused(merged: World, admin: Actor) -> None:
    with pytest.raises(ErasureRefused, match="last administrator"):
        erasure_carry_out(actor=PLATFORM, person_id=str(admin.person_id), confirmation="sue@example.org")
    merged.person("ann", "admin")
    erasure_carry_out(actor=PLATFORM, person_id=str(admin.person_id), confirmation="sue@example.org")


def test_erasure_that_was_interrupted_is_ended_by_calling_it_again(
    merged: World, zenobia: Actor, admin: Actor, monkeypatch: pytest.MonkeyPatch, superuser_dsn: str
) -> None:
    from countersign.workflow import erasure

    def killed(**_given: object) -> bool:
        raise KeyboardInterrupt

    person_id = str(zenobia.person_id)
    with monkeypatch.context() as patch:
        patch.setattr(erasure, "person_erase", killed)
        with pytest.raises(KeyboardInterrupt):
            erasure_carry_out(actor=admin, person_id=person_id, confirmation=EMAIL)
    assert event_list(actor=PLATFORM, actor_id=zenobia.id, type="approval.commented")[0].actor_label == NAME
    assert "erased already" in "\n".join(preview_lines(erasure_preview(actor=admin, person_id=person_id)))
    erasure_carry_out(actor=admin, person_id=person_id, confirmation="")
    assert event_list(actor=PLATFORM, actor_id=zenobia.id, type="approval.commented")[0].actor_label is None
    assert said(superuser_dsn) == {}
    with pytest.raises(ErasureRefused, match="erased before"):
        erasure_carry_out(actor=admin, person_id=person_id, confirmation="")
