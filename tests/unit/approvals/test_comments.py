"""Comments: by persons, on a version, kept over versions, never changed."""

import uuid

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from countersign.approvals.comments import MAX_COMMENT, comment_add, comment_list
from countersign.approvals.errors import CommentInvalid, RequestNotFound, RequestSuperseded
from countersign.approvals.models import ApprovalRequest, Comment
from countersign.audit.selectors import event_count, event_list
from countersign.shared.actor import Actor, service_actor
from countersign.shared.errors import PermissionDenied
from countersign_verify.canonical import digest_bytes
from tests.unit.approvals.samples import OTHER_DIGEST, Requests
from tests.unit.runs.samples import BrokenOff, broken_off, person


def test_comment_add_keeps_who_said_what_on_which_version(
    requests: Requests, worker: Actor, director: Actor
) -> None:
    request = requests.open()
    text = "<b>Why</b> this line?\nIt is used in tests."
    added = comment_add(actor=director, request_id=request.id, text=text, path="src/a.py", line=3)
    assert (added.request_id, added.revision, added.person_id) == (request.id, 1, director.person_id)
    assert (added.text, added.path, added.line) == (text, "src/a.py", 3)
    assert added.subject_digest == request.subject_digest
    assert comment_list(actor=worker, request_id=request.id) == (added,)
    (event,) = event_list(actor=worker, type="approval.commented")
    assert (event.subject_type, event.subject_id) == ("approval_request", request.id)
    assert event.data == {
        "comment_id": added.id,
        "digest": request.subject_digest,
        "text_digest": digest_bytes(text.encode()),
        "path": "src/a.py",
        "line": 3,
    }


def test_comment_list_of_a_successor_shows_the_earlier_ones_with_their_version(
    requests: Requests, director: Actor, worker: Actor
) -> None:
    first = requests.open()
    comment_add(actor=director, request_id=first.id, text="first")
    second = requests.open(subject=(first.subject_kind, first.subject_id), digest=OTHER_DIGEST)
    comment_add(actor=director, request_id=second.id, text="second")
    seen = comment_list(actor=worker, request_id=second.id)
    assert [(item.text, item.revision, item.request_id) for item in seen] == [
        ("first", 1, first.id),
        ("second", 2, second.id),
    ]
    assert [item.text for item in comment_list(actor=worker, request_id=first.id)] == ["first"]


def test_comment_add_on_a_superseded_request_names_the_newer_one(requests: Requests, director: Actor) -> None:
    first = requests.open()
    second = requests.open(subject=(first.subject_kind, first.subject_id), digest=OTHER_DIGEST)
    with pytest.raises(RequestSuperseded) as refused:
        comment_add(actor=director, request_id=first.id, text="too late")
    assert refused.value.data == {"superseded_by": second.id}


def test_comment_add_on_a_decided_request_is_kept(requests: Requests, director: Actor) -> None:
    request = requests.open()
    requests.decide(request, director, "reject")
    assert comment_add(actor=director, request_id=request.id, text="what I meant").revision == 1


@pytest.mark.parametrize(
    ("text", "path", "line", "field"),
    [
        ("", "", None, "text"),
        (" \n\t", "", None, "text"),
        ("x" * (MAX_COMMENT + 1), "", None, "text"),
        ("a\x00b", "", None, "text"),
        ("\ud800", "", None, "text"),
        ("a", "/etc/passwd", None, "path"),
        ("a", "src/../../x", None, "path"),
        ("a", "src//x", None, "path"),
        ("a", "src\nx", None, "path"),
        ("a", "x" * 501, None, "path"),
        ("a", "", 3, "line"),
        ("a", "x.py", 0, "line"),
        ("a", "x.py", 10**10, "line"),
    ],
)
def test_comment_add_without_proper_form_is_refused(
    requests: Requests, director: Actor, text: str, path: str, line: int | None, field: str
) -> None:
    request = requests.open()
    before = event_count()
    with pytest.raises(CommentInvalid) as refused:
        comment_add(actor=director, request_id=request.id, text=text, path=path, line=line)
    assert refused.value.data == {"field": field}
    assert (Comment.objects.count(), event_count()) == (0, before)


def test_comment_add_of_exactly_the_limit_is_kept(requests: Requests, director: Actor) -> None:
    request = requests.open()
    assert len(comment_add(actor=director, request_id=request.id, text="x" * MAX_COMMENT).text) == MAX_COMMENT


@pytest.mark.parametrize("role", ["auditor", "ci", "agent"])
def test_comment_add_without_the_role_is_refused(requests: Requests, role: str) -> None:
    request = requests.open()
    with pytest.raises(PermissionDenied):
        comment_add(actor=person(role), request_id=request.id, text="hello")


def test_comment_add_by_a_service_is_refused(requests: Requests) -> None:
    request = requests.open()
    with pytest.raises(PermissionDenied):
        comment_add(actor=service_actor("worker"), request_id=request.id, text="hello")


def test_comments_of_a_request_that_is_not_there_are_not_found(requests: Requests, director: Actor) -> None:
    missing = str(uuid.uuid4())
    with pytest.raises(RequestNotFound):
        comment_add(actor=director, request_id=missing, text="hello")
    with pytest.raises(RequestNotFound):
        comment_list(actor=director, request_id=missing)


def test_comment_list_without_a_role_that_reads_is_refused(requests: Requests) -> None:
    request = requests.open()
    with pytest.raises(PermissionDenied):
        comment_list(actor=person("agent"), request_id=request.id)


def test_comment_add_without_its_event_keeps_nothing(
    requests: Requests, director: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from countersign.approvals import comments

    request = requests.open()
    with broken_off(monkeypatch, comments) as recorded, pytest.raises(BrokenOff):
        comment_add(actor=director, request_id=request.id, text="hello")
    assert recorded == ["approval.commented"]
    assert Comment.objects.count() == 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE approvals_comment SET text = 'never said'",
        "DELETE FROM approvals_comment",
        "TRUNCATE approvals_comment",
    ],
)
def test_comment_is_never_changed_by_the_runtime_role(
    requests: Requests, director: Actor, statement: str
) -> None:
    request = requests.open()
    comment_add(actor=director, request_id=request.id, text="hello")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert [row.text for row in Comment.objects.all()] == ["hello"]


def test_comment_is_not_changed_by_the_owner_either(
    committed_db: None, owner_connection: psycopg.Connection[tuple[object, ...]], worker: Actor
) -> None:
    from tests.unit.runs.samples import lease_take, project_make

    requests = Requests(worker, lease_take(worker), project_make(worker))
    request = requests.open()
    comment_add(actor=person("director"), request_id=request.id, text="hello")
    for statement in ("UPDATE approvals_comment SET text = 'x'", "DELETE FROM approvals_comment"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="only ever added"):
            owner_connection.execute(statement)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="only ever added"):
        owner_connection.execute("TRUNCATE approvals_comment")


def test_comment_names_its_request(requests: Requests, director: Actor) -> None:
    request = requests.open()
    comment_add(actor=director, request_id=request.id, text="hello")
    assert str(Comment.objects.get()) == f"comment on {ApprovalRequest.objects.get().id}"
