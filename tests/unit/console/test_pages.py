"""Pages that change something: through a service, with its event, and with its refusals shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.unit.console.conftest import SETUP

if TYPE_CHECKING:
    from django.test import Client
    from django.test.client import _MonkeyPatchedWSGIResponse

    from countersign.accounts.contracts import UserData

UserWith = Callable[[str], "UserData"]
USERS = "/console/accounts/user/"
ROLES = "/console/accounts/roleassignment/"
TOKENS = "/console/accounts/apitoken/"
JOBS = "/console/jobs/job/"


def newest() -> tuple[str, str | None]:
    from countersign.audit.selectors import event_list

    event = event_list(actor=SETUP)[0]
    return event.type, event.actor_label


def said(response: _MonkeyPatchedWSGIResponse) -> str:
    from django.contrib.messages import get_messages

    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def act(admin: Client, address: str, action: str, identifier: str) -> _MonkeyPatchedWSGIResponse:
    chosen = {"action": action, "_selected_action": [identifier]}
    return admin.post(address, chosen)


def test_user_is_created_by_the_service(admin: Client) -> None:
    from countersign.accounts.models import User

    body = {"email": "new@example.org", "name": "New", "password": "correct horse battery"}
    response = admin.post(f"{USERS}add/", body)
    assert response.status_code == 302
    user = User.objects.get(email="new@example.org")
    assert user.person.name == "New"
    assert user.check_password("correct horse battery")
    assert newest() == ("user.created", "Test admin")
    assert not user.is_superuser


def test_user_without_a_password_logs_in_by_link_only(admin: Client) -> None:
    from countersign.accounts.models import User

    admin.post(f"{USERS}add/", {"email": "new@example.org", "name": "New", "password": ""})
    assert not User.objects.get(email="new@example.org").has_usable_password()


@pytest.mark.parametrize(
    "body",
    [
        {"email": "new@example.org", "name": "New", "password": "short"},
        {"email": "no address", "name": "New"},
        {"email": "admin@example.org", "name": "Taken"},
    ],
)
def test_user_that_can_not_be_is_said_in_the_form(admin: Client, body: dict[str, str]) -> None:
    from countersign.accounts.models import User

    response = admin.post(f"{USERS}add/", body)
    assert response.status_code == 200
    assert b"errorlist" in response.content
    assert User.objects.count() == 1


def test_what_the_service_refuses_is_shown_as_a_message(admin: Client) -> None:
    """The form compares addresses exactly, the service by what they mean."""
    body = {"email": "ADMIN@example.org", "name": "Twin"}
    response = admin.post(f"{USERS}add/", body)
    assert response.status_code == 302
    assert "there is a user with the address" in said(response)


def test_user_page_shows_no_hash(admin: Client, user_with: UserWith) -> None:
    from countersign.accounts.models import User

    other = user_with("auditor")
    user = User.objects.get(pk=other.id)
    user.set_password("correct horse battery")
    user.save()
    page = admin.get(f"{USERS}{user.pk}/change/").content.decode()
    assert "auditor@example.org" in page
    assert user.password not in page


def test_one_time_login_is_shown_once_and_works(admin: Client) -> None:
    from countersign.accounts.models import User
    from countersign.accounts.services import one_time_login_redeem

    user = User.objects.get()
    response = act(admin, USERS, "one_time_login", str(user.pk))
    token = said(response).split("#token=")[1].split()[0]
    assert newest() == ("one_time_login.issued", "Test admin")
    assert one_time_login_redeem(actor=SETUP, secret=token).id == str(user.pk)


def test_user_is_deactivated_once(admin: Client, user_with: UserWith) -> None:
    other = user_with("auditor")
    act(admin, USERS, "deactivate", other.id)
    assert newest() == ("user.deactivated", "Test admin")
    assert "no such active user" in said(act(admin, USERS, "deactivate", other.id))


def test_role_is_granted_and_revoked(admin: Client, user_with: UserWith) -> None:
    from countersign.accounts.models import RoleAssignment
    from countersign.accounts.selectors import roles_of

    other = user_with("operator")
    response = admin.post(f"{ROLES}add/", {"person": other.person_id, "role": "director"})
    assert response.status_code == 302
    assert newest() == ("role.granted", "Test admin")
    assert roles_of(other.person_id) == {"operator", "director"}

    assignment = RoleAssignment.objects.get(person_id=other.person_id, role_id="director")
    assert admin.get(f"{ROLES}{assignment.pk}/delete/").status_code == 200
    admin.post(f"{ROLES}{assignment.pk}/delete/", {"post": "yes"})
    assert newest() == ("role.revoked", "Test admin")
    assert roles_of(other.person_id) == {"operator"}


def test_role_that_excludes_another_is_refused_in_words(admin: Client, user_with: UserWith) -> None:
    from countersign.accounts.selectors import roles_of

    other = user_with("auditor")
    response = admin.post(f"{ROLES}add/", {"person": other.person_id, "role": "director"})
    assert "nobody is both 'auditor' and 'director'" in said(response)
    assert roles_of(other.person_id) == {"auditor"}


def test_roles_are_revoked_several_at_once(admin: Client, user_with: UserWith) -> None:
    from countersign.accounts.models import RoleAssignment
    from countersign.accounts.selectors import roles_of

    other = user_with("auditor")
    assignment = RoleAssignment.objects.get(person_id=other.person_id)
    chosen = {"action": "delete_selected", "_selected_action": [str(assignment.pk)], "post": "yes"}
    admin.post(ROLES, chosen)
    assert roles_of(other.person_id) == set()
    assert newest() == ("role.revoked", "Test admin")


def test_role_that_is_gone_meanwhile_is_said(
    admin: Client, user_with: UserWith, monkeypatch: pytest.MonkeyPatch
) -> None:
    from countersign.accounts.errors import RoleUnknown
    from countersign.accounts.models import RoleAssignment
    from countersign.console import accounts

    other = user_with("auditor")
    assignment = RoleAssignment.objects.get(person_id=other.person_id)

    def gone(**_arguments: object) -> None:
        raise RoleUnknown("this person does not hold the role")

    monkeypatch.setattr(accounts, "role_revoke", gone)
    response = admin.post(f"{ROLES}{assignment.pk}/delete/", {"post": "yes"})
    assert "does not hold the role" in said(response)


def test_token_is_minted_shown_once_and_revoked(admin: Client, user_with: UserWith) -> None:
    from countersign.accounts.errors import CredentialRefused
    from countersign.accounts.models import ApiToken
    from countersign.accounts.selectors import token_authenticate

    other = user_with("ci")
    response = admin.post(f"{TOKENS}add/", {"user": other.id, "label": "pipeline", "days": "30"})
    secret = said(response).split("shown this once: ")[1].split()[0]
    assert newest() == ("token.issued", "Test admin")
    _, actor = token_authenticate(secret)
    assert actor.id == other.id
    assert actor.minted_by not in {None, other.person_id}

    token = ApiToken.objects.get()
    page = admin.get(f"{TOKENS}{token.pk}/change/").content.decode()
    assert "pipeline" in page
    assert token.digest not in page
    act(admin, TOKENS, "revoke", str(token.pk))
    assert newest() == ("token.revoked", "Test admin")
    with pytest.raises(CredentialRefused):
        token_authenticate(secret)
    assert "no such live token" in said(act(admin, TOKENS, "revoke", str(token.pk)))


def test_token_for_ever_is_refused(admin: Client, user_with: UserWith) -> None:
    other = user_with("ci")
    response = admin.post(f"{TOKENS}add/", {"user": other.id, "label": "x", "days": "100000"})
    assert response.status_code == 200


def test_job_is_cancelled_once(admin: Client) -> None:
    from countersign.jobs.models import Job
    from countersign.jobs.services import job_submit

    job_id = job_submit(actor=SETUP, kind="run.execute", subject=("run", "r"), payload={})
    act(admin, JOBS, "cancel", job_id)
    assert Job.objects.get(pk=job_id).state == "cancelled"
    assert newest() == ("job.cancelled", "Test admin")
    assert "ended already" in said(act(admin, JOBS, "cancel", job_id))


def test_event_is_shown_as_it_is_signed(admin: Client) -> None:
    from countersign.audit.models import AuditEvent

    event = AuditEvent.objects.filter(type="role.granted").order_by("-id")[0]
    page = admin.get(f"/console/audit/auditevent/{event.pk}/change/").content.decode()
    assert str(event.event_id) in page
    assert "ciphertext" in page or "setup" in page


def test_one_time_login_page_shows_no_digest(admin: Client) -> None:
    from countersign.accounts.models import OneTimeLogin, User
    from countersign.accounts.services import one_time_login_issue

    one_time_login_issue(actor=SETUP, user_id=str(User.objects.get().pk))
    login = OneTimeLogin.objects.get()
    page = admin.get(f"/console/accounts/onetimelogin/{login.pk}/change/").content.decode()
    assert login.digest not in page


def test_a_page_that_names_no_service_changes_nothing(db: None) -> None:
    from django.contrib.admin import site
    from django.contrib.admin.models import LogEntry
    from django.core.exceptions import PermissionDenied
    from django.test import RequestFactory

    from countersign.console.base import ReadOnlyAdmin, ServiceAdmin
    from countersign.jobs.models import Job

    page = ServiceAdmin(Job, site)
    request = RequestFactory().get("/")
    with pytest.raises(PermissionDenied):
        page.save_model(request, Job(), None, change=False)  # type: ignore[arg-type]  # it never gets that far
    with pytest.raises(PermissionDenied):
        page.delete_model(request, Job())
    assert isinstance(page, ReadOnlyAdmin)
    page.log_addition(request, Job(), "")
    page.log_change(request, Job(), "")
    page.log_deletions(request, Job.objects.all())
    assert not LogEntry.objects.exists()


def test_project_is_made_strict_by_the_command(admin: Client) -> None:
    from countersign.projects.selectors import project_get
    from countersign.projects.services import project_create

    project = project_create(
        actor=SETUP,
        slug="sample",
        name="Sample",
        source_path="/x",
        repository_path="/y",
        isolation="process",
    )
    act(admin, "/console/projects/project/", "make_strict", project.id)
    assert project_get(actor=SETUP, project="sample").settings["base_move"] == "strict"
    assert newest() == ("project.settings_changed", "Test admin")
    act(admin, "/console/projects/project/", "let_carry_over", project.id)
    assert project_get(actor=SETUP, project="sample").settings["base_move"] == "carry_over"


def test_deciding_passkey_is_revoked_by_the_service(admin: Client) -> None:
    from countersign.accounts.models import DecidingCredential, Person

    owner = Person.objects.create(name="Dora")
    row = DecidingCredential.objects.create(
        person=owner, user_id=owner.id, label="blue", rp_id="localhost", credential_id=b"c", public_key=b"k"
    )
    act(admin, "/console/accounts/decidingcredential/", "revoke", str(row.pk))
    row.refresh_from_db()
    assert row.state == "revoked"
    assert newest() == ("credential.revoked", "Test admin")
    # A repeat changes nothing, and says so.
    act(admin, "/console/accounts/decidingcredential/", "revoke", str(row.pk))
    assert newest() == ("credential.revoked", "Test admin")
