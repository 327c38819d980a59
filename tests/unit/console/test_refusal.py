"""Every way in which the console changes something fails when its event can't be written.

The ways are what the registered pages offer to an administrator, so a new one has to be added here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.refusal_walk import REFUSED, log_refuses
from tests.unit.console.conftest import SETUP

if TYPE_CHECKING:
    from django.test import Client

    from countersign.accounts.contracts import UserData

UserWith = Callable[[str], "UserData"]
# What is posted, to where below /console/.
Post = tuple[str, dict[str, str]]


def chosen(page: str, action: str, row: object) -> Post:
    return f"{page}/", {"action": action, "_selected_action": str(row), "post": "yes"}


def user_added(user_with: UserWith) -> Post:
    body = {"email": "new@example.org", "name": "New", "password": "correct horse battery"}
    return "accounts/user/add/", body


def login_made(user_with: UserWith) -> Post:
    return chosen("accounts/user", "one_time_login", user_with("auditor").id)


def user_deactivated(user_with: UserWith) -> Post:
    return chosen("accounts/user", "deactivate", user_with("auditor").id)


def role_granted(user_with: UserWith) -> Post:
    return "accounts/roleassignment/add/", {"person": user_with("director").person_id, "role": "operator"}


def assignment(user_with: UserWith) -> object:
    from countersign.accounts.models import RoleAssignment

    return RoleAssignment.objects.get(person_id=user_with("auditor").person_id).pk


def role_revoked(user_with: UserWith) -> Post:
    return f"accounts/roleassignment/{assignment(user_with)}/delete/", {"post": "yes"}


def roles_revoked(user_with: UserWith) -> Post:
    return chosen("accounts/roleassignment", "delete_selected", assignment(user_with))


def token_minted(user_with: UserWith) -> Post:
    return "accounts/apitoken/add/", {"user": user_with("ci").id, "label": "pipeline", "days": "30"}


def token_revoked(user_with: UserWith) -> Post:
    from datetime import timedelta

    from countersign.accounts.services import token_issue

    issued = token_issue(actor=SETUP, user_id=user_with("ci").id, label="x", valid=timedelta(days=1))
    return chosen("accounts/apitoken", "revoke", issued.id)


def passkey_revoked(user_with: UserWith) -> Post:
    from countersign.accounts.models import DecidingCredential, Person

    owner = Person.objects.create(name="Dora")
    row = DecidingCredential.objects.create(
        person=owner, user_id=owner.id, label="blue", rp_id="localhost", credential_id=b"c", public_key=b"k"
    )
    return chosen("accounts/decidingcredential", "revoke", row.pk)


def person_erased(user_with: UserWith) -> Post:
    person = user_with("auditor").person_id
    return f"accounts/person/{person}/erase/", {"confirmation": "auditor@example.org"}


def job_cancelled(user_with: UserWith) -> Post:
    from countersign.jobs.services import job_submit

    job = job_submit(actor=SETUP, kind="run.execute", subject=("run", "r"), payload={})
    return chosen("jobs/job", "cancel", job)


def project() -> str:
    from countersign.projects.services import project_create

    return project_create(
        actor=SETUP,
        slug="sample",
        name="Sample",
        source_path="/x",
        repository_path="/y",
        isolation="process",
    ).id


def project_made_strict(user_with: UserWith) -> Post:
    return chosen("projects/project", "make_strict", project())


def project_let_carry_over(user_with: UserWith) -> Post:
    from countersign.workflow.commands import project_configure

    identifier = project()
    project_configure(actor=SETUP, project=identifier, settings={"base_move": "strict"})
    return chosen("projects/project", "let_carry_over", identifier)


WAYS: dict[str, Callable[[UserWith], Post]] = {
    "user: add": user_added,
    "user: one_time_login": login_made,
    "user: deactivate": user_deactivated,
    "roleassignment: add": role_granted,
    "roleassignment: delete": role_revoked,
    "roleassignment: delete_selected": roles_revoked,
    "apitoken: add": token_minted,
    "apitoken: revoke": token_revoked,
    "decidingcredential: revoke": passkey_revoked,
    # The action only leads to the page.
    "person: accounts_person_erase": person_erased,
    "job: cancel": job_cancelled,
    "project: make_strict": project_made_strict,
    "project: let_carry_over": project_let_carry_over,
}
LEADS_ON = {"person: erase"}
# Sessions come and go; a key for a name is made when the name is first to be written.
NO_CHANGE = {"django_session", "audit_personkey"}


def contents() -> dict[str, tuple[int, str]]:
    """Return, of every table, how many rows it has and a digest of them."""
    from django.db import connection

    with connection.cursor() as cursor:
        tables = sorted(set(connection.introspection.table_names(cursor)) - NO_CHANGE)
        each = " UNION ALL ".join(
            f"SELECT '{name}', count(*), md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), ''))"  # noqa: S608 - names from the catalogue
            f' FROM "{name}" t'
            for name in tables
        )
        cursor.execute(each)
        return {str(name): (int(rows), str(digest)) for name, rows, digest in cursor.fetchall()}


def test_every_way_to_change_something_is_walked(admin: Client) -> None:
    from django.contrib.admin import site
    from django.test import RequestFactory

    from countersign.accounts.models import User

    request = RequestFactory().get("/console/")
    request.user = User.objects.get()
    found: set[str] = set()
    for model, page in site._registry.items():
        name = str(model._meta.model_name)
        own = {f"{model._meta.app_label}_{name}_{view}" for view in ("changelist", "add", "delete", "change")}
        own |= {f"{model._meta.app_label}_{name}_history"}
        found |= {f"{name}: {action}" for action in page.get_actions(request)}
        found |= {f"{name}: {url.name}" for url in page.get_urls() if url.name and url.name not in own}
        for way in ("add", "change", "delete"):
            if getattr(page, f"has_{way}_permission")(request):
                found.add(f"{name}: {way}")
    assert found == WAYS.keys() | LEADS_ON


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_change_fails_when_its_event_can_not_be_written(
    admin: Client, user_with: UserWith, way: Callable[[UserWith], Post]
) -> None:
    from countersign.audit.models import AuditEvent

    page, body = way(user_with)
    before, events = contents(), AuditEvent.objects.count()
    with log_refuses():
        with pytest.raises(Exception, match=REFUSED):
            admin.post(f"/console/{page}", body)
        assert contents() == before
    # With a log that takes events the same request changes something, and says so.
    assert admin.post(f"/console/{page}", body).status_code == 302
    assert contents() != before
    assert AuditEvent.objects.count() > events
