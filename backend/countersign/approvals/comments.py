"""Comments on requests: who said what on which version, kept across the versions of a change.

Text is data: nothing reads it as markup, and in the log it stands by its digest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from countersign.accounts.policies import require
from countersign.approvals.comment_models import Comment
from countersign.approvals.errors import CommentInvalid, RequestNotFound, RequestSuperseded
from countersign.approvals.models import ApprovalRequest
from countersign.approvals.selectors import as_uuid
from countersign.audit.services import record
from countersign.shared.errors import PermissionDenied
from countersign_verify.canonical import digest_bytes

if TYPE_CHECKING:
    from datetime import datetime

    from countersign.shared.actor import Actor

MAX_COMMENT = 4_000
MAX_PATH = 500
MAX_LINE = 10_000_000
# A change that was put on a new base more often than this shows the comments on its latest versions.
MAX_REVISIONS = 200
_SPACE = 0x20


@dataclass(frozen=True, slots=True)
class CommentData:
    """One comment.

    Attributes:
        request_id: the request that it was made on.
        revision: which version of the change that request was about, counted from 1.
        subject_digest: the digest that was looked at.
        path: a file of the change that it is about, or nothing.
        line: a line of that file, if one was named.
    """

    id: str
    request_id: str
    revision: int
    person_id: str
    subject_digest: str
    text: str
    path: str
    line: int | None
    unattended: bool
    created_at: datetime


@transaction.atomic(durable=True)
def comment_add(
    *, actor: Actor, request_id: str, text: str, path: str = "", line: int | None = None
) -> CommentData:
    """Keep a person's remark on a request.

    Args:
        actor: who says it.
        request_id: on which request.
        text: what is said, at most 4,000 characters.
        path: a file of the change that it is about.
        line: a line of that file.

    Raises:
        PermissionDenied: the actor may not comment, or is no person.
        CommentInvalid: empty, too long, or a place that can't be in a change.
        RequestNotFound: there is no such request.
        RequestSuperseded: a newer request has taken its place.
    """
    require(actor, "comment.write")
    if actor.kind != "person" or actor.person_id is None:
        message = "only a person can comment on a request"
        raise PermissionDenied(message)
    text_check(text)
    place_check(path, line)
    request = ApprovalRequest.objects.select_for_update().filter(pk=as_uuid(request_id)).first()
    if request is None:
        message = "there is no such request"
        raise RequestNotFound(message, request_id=request_id)
    successor = request.successors.order_by("-created_at").first()
    if successor is not None:
        message = "a newer request has taken the place of this one: comment there"
        raise RequestSuperseded(message, superseded_by=str(successor.id))
    row = Comment.objects.create(
        request=request,
        person_id=actor.person_id,
        user_id=actor.id,
        subject_digest=request.subject_digest,
        text=text,
        path=path,
        line=line,
        unattended=actor.unattended,
    )
    row.refresh_from_db()
    record(
        actor=actor,
        type="approval.commented",
        subject=("approval_request", request_id),
        data={
            "comment_id": str(row.id),
            "digest": request.subject_digest,
            "text_digest": digest_bytes(text.encode()),
            "path": path,
            "line": line,
        },
    )
    return _data(row, len(_versions(request)))


def text_check(text: str) -> None:
    """Refuse what is no remark: nothing, too much, or what can't be kept.

    Raises:
        CommentInvalid: empty, too long, or no text that can be written as UTF-8 without NUL.
    """
    if not text.strip() or len(text) > MAX_COMMENT:
        message = f"a comment has between 1 and {MAX_COMMENT} characters"
        raise CommentInvalid(message, field="text")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        message = "a comment is text that can be written as UTF-8"
        raise CommentInvalid(message, field="text") from error
    if "\x00" in text:
        message = "a comment is text without NUL characters"
        raise CommentInvalid(message, field="text")


def place_check(path: str, line: int | None) -> None:
    """Refuse a place that can't be in a change.

    Raises:
        CommentInvalid: the path is absolute, leaves the project or is malformed, or a line is in no file.
    """
    parts = path.split("/")
    if len(path) > MAX_PATH or any(ord(character) < _SPACE for character in path):
        message = f"a path has at most {MAX_PATH} characters and none that control"
        raise CommentInvalid(message, field="path")
    if path and (path.startswith("/") or ".." in parts or "" in parts):
        message = "a path is one of the change: relative, without '..'"
        raise CommentInvalid(message, field="path")
    if line is not None and not (path and 1 <= line <= MAX_LINE):
        message = "a line is a number from 1 up, within a file that is named as well"
        raise CommentInvalid(message, field="line")


def comment_list(*, actor: Actor, request_id: str) -> tuple[CommentData, ...]:
    """Return the comments on a request and on the requests that it took the place of, oldest first.

    Raises:
        PermissionDenied: the actor may not read requests.
        RequestNotFound: there is no such request.
    """
    require(actor, "read")
    request = ApprovalRequest.objects.filter(pk=as_uuid(request_id)).first()
    if request is None:
        message = "there is no such request"
        raise RequestNotFound(message, request_id=request_id)
    revisions = {version: number for number, version in enumerate(_versions(request), start=1)}
    rows = Comment.objects.filter(request_id__in=[UUID(version) for version in revisions]).order_by(
        "created_at", "id"
    )
    return tuple(_data(row, revisions[str(row.request_id)]) for row in rows)


def _versions(request: ApprovalRequest) -> list[str]:
    """Return the ids of a request and of those that it took the place of, oldest first."""
    ids = [str(request.id)]
    earlier = request.supersedes_id
    while earlier is not None and len(ids) < MAX_REVISIONS:
        ids.append(str(earlier))
        earlier = ApprovalRequest.objects.values_list("supersedes_id", flat=True).get(pk=earlier)
    return ids[::-1]


def _data(row: Comment, revision: int) -> CommentData:
    return CommentData(
        id=str(row.id),
        request_id=str(row.request_id),
        revision=revision,
        person_id=str(row.person_id),
        subject_digest=row.subject_digest,
        text=row.text,
        path=row.path,
        line=row.line,
        unattended=row.unattended,
        created_at=row.created_at,
    )
