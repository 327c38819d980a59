"""Comments on decision requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.status import HTTP_201_CREATED

from countersign.api.authentication import actor_of
from countersign.api.base import ApiView, Input, Output, answer, body_of, query_of
from countersign.api.idempotency import idempotent
from countersign.api.pagination import PAGE_PARAMETERS, PageInput, page_answer, paginated
from countersign.workflow import discussion, queries

if TYPE_CHECKING:
    import uuid

    from rest_framework.request import Request
    from rest_framework.response import Response


class Comment(Output):
    """What somebody said about a request; text is data, never markup."""

    id = serializers.CharField()
    request_id = serializers.CharField()
    revision = serializers.IntegerField(help_text="the version of the change that it was made on, from 1")
    earlier = serializers.BooleanField(help_text="made on an earlier version than the one asked about")
    by_label = serializers.CharField()
    text = serializers.CharField()
    path = serializers.CharField()
    line = serializers.IntegerField(allow_null=True)
    unattended = serializers.BooleanField()
    created_at = serializers.DateTimeField()


CommentPage = paginated(Comment)


class CommentInput(Input):
    """A remark, on a file and a line of the change where it is about one."""

    # Whether there is any text is the service's to refuse, with its own code: blank must get that far.
    text = serializers.CharField(max_length=10_000, allow_blank=True, trim_whitespace=False)
    path = serializers.CharField(max_length=1_000, allow_blank=True, default="")
    line = serializers.IntegerField(allow_null=True, default=None)


class CommentsView(ApiView):
    """The comments on one request."""

    writing = "comment.write"

    @extend_schema(
        operation_id="approval_requests_comments_list",
        parameters=PAGE_PARAMETERS,
        responses=CommentPage,
        summary="List the comments on a request and on its earlier versions",
    )
    def get(self, request: Request, id: uuid.UUID) -> Response:  # noqa: A002 - the name in the address
        """Answer a page of comments, oldest first."""
        query = query_of(PageInput, request)
        page = queries.comment_page(
            actor=actor_of(request), request_id=str(id), after=query["cursor"], limit=query["limit"]
        )
        return page_answer(request, CommentPage, page)

    @extend_schema(
        operation_id="approval_requests_comment",
        request=CommentInput,
        responses={201: Comment},
        summary="Comment on a request",
    )
    @idempotent
    def post(self, request: Request, id: uuid.UUID) -> Response:  # noqa: A002 - the name in the address
        """Keep a comment and answer it."""
        added = discussion.comment_submit(
            actor=actor_of(request), request_id=str(id), **body_of(CommentInput, request)
        )
        return answer(Comment, added, status=HTTP_201_CREATED)
