"""Users, roles and tokens in the console."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.admin import action

from countersign.accounts.enrolment import credential_revoke
from countersign.accounts.models import ApiToken, DecidingCredential, RoleAssignment, User
from countersign.accounts.services import (
    one_time_login_issue,
    role_grant,
    role_revoke,
    token_issue,
    token_revoke,
    user_create,
    user_deactivate,
)
from countersign.console.base import ReadOnlyAdmin, ServiceAdmin
from countersign.console.forms import ApiTokenForm, RoleAssignmentForm, UserForm
from countersign.console.site import console_actor
from countersign.shared.env import environment
from countersign.shared.errors import DomainError

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet
    from django.forms import ModelForm
    from django.http import HttpRequest


class UserAdmin(ServiceAdmin):
    """Creates users, makes one-time logins, deactivates."""

    form = UserForm  # type: ignore[assignment]  # the stubs want a form for any model
    list_display = ("email", "person", "is_active", "unattended", "last_login")
    search_fields = ("email", "person__name")
    readonly_view = ("email", "person", "is_active", "unattended", "last_login", "date_joined")
    actions = ("one_time_login", "deactivate")

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """Show who it is, never a hash."""
        del request
        return self.list_display

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """Ask for what the service takes; of an existing user show what is no secret."""
        del request
        return ("email", "name", "password") if obj is None else self.readonly_view

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Administrators create users."""
        return self.admin_site.has_permission(request)

    def save_model(self, request: HttpRequest, obj: Model, form: ModelForm[Any], change: bool) -> None:  # noqa: ARG002, FBT001 - Django's signature
        """Create the user."""
        created = user_create(
            actor=console_actor(request),
            email=form.cleaned_data["email"],
            name=form.cleaned_data["name"],
            password=form.cleaned_data["password"] or None,
        )
        obj.pk = uuid.UUID(created.id)

    @action(description="Make a one-time login (10 minutes)")
    def one_time_login(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Show a link that logs the user in once."""
        for user in queryset:
            issued = one_time_login_issue(actor=console_actor(request), user_id=str(user.pk))
            link = f"{environment().base_url}/login#token={issued.secret}"
            messages.warning(request, f"{user.email}: {link} (works once; it is not shown again)")

    @action(description="Deactivate (sessions and tokens end)")
    def deactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Let the users in no longer."""
        for user in queryset:
            try:
                user_deactivate(actor=console_actor(request), user_id=str(user.pk))
            except DomainError as error:
                messages.error(request, f"{user.email}: {error.message}")


class RoleAssignmentAdmin(ServiceAdmin):
    """Grants and revokes roles."""

    form = RoleAssignmentForm  # type: ignore[assignment]  # the stubs want a form for any model
    list_display = ("person", "role", "created_at")
    list_filter = ("role",)
    search_fields = ("person__name",)

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """Show who holds what."""
        del request
        return self.list_display

    def get_list_filter(self, request: HttpRequest) -> tuple[str, ...]:
        """Filter by role."""
        del request
        return self.list_filter

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Administrators grant roles."""
        return self.admin_site.has_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Administrators revoke roles."""
        del obj
        return self.admin_site.has_permission(request)

    def save_model(self, request: HttpRequest, obj: Model, form: ModelForm[Any], change: bool) -> None:  # noqa: ARG002, FBT001 - Django's signature
        """Grant the role."""
        person, role = form.cleaned_data["person"], form.cleaned_data["role"]
        role_grant(actor=console_actor(request), person_id=str(person.pk), role=role.pk)
        obj.pk = RoleAssignment.objects.get(person=person, role=role).pk

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        """Revoke the role."""
        if isinstance(obj, RoleAssignment):
            role_revoke(actor=console_actor(request), person_id=str(obj.person_id), role=obj.role_id)


class ApiTokenAdmin(ServiceAdmin):
    """Mints and revokes bearer tokens; a secret is shown once."""

    form = ApiTokenForm  # type: ignore[assignment]  # the stubs want a form for any model
    list_display = ("label", "user", "minted_by", "expires_at", "revoked_at")
    readonly_view = ("label", "user", "minted_by", "unattended", "created_at", "expires_at", "revoked_at")
    actions = ("revoke",)

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """Show what it is for, never its digest."""
        del request
        return self.list_display

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """Ask for what the service takes; of an existing token show what is no secret."""
        del request
        return ("user", "label", "days") if obj is None else self.readonly_view

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Administrators mint tokens."""
        return self.admin_site.has_permission(request)

    def save_model(self, request: HttpRequest, obj: Model, form: ModelForm[Any], change: bool) -> None:  # noqa: ARG002, FBT001 - Django's signature
        """Mint the token and show its secret."""
        issued = token_issue(
            actor=console_actor(request),
            user_id=str(form.cleaned_data["user"].pk),
            label=form.cleaned_data["label"],
            valid=timedelta(days=form.cleaned_data["days"]),
        )
        obj.pk = uuid.UUID(issued.id)
        messages.warning(request, f"The token, shown this once: {issued.secret}")

    @action(description="Revoke")
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        """End the tokens."""
        for token in queryset:
            try:
                token_revoke(actor=console_actor(request), token_id=str(token.pk))
            except DomainError as error:
                messages.error(request, f"{token.label}: {error.message}")


class DecidingCredentialAdmin(ReadOnlyAdmin):
    """Shows passkeys that decide, and ends them; they are enrolled and confirmed in the web interface."""

    exclude = ("credential_id", "public_key")
    actions = ("revoke",)

    @action(description="Revoke")
    def revoke(self, request: HttpRequest, queryset: QuerySet[DecidingCredential]) -> None:
        """End the passkeys."""
        for credential in queryset:
            try:
                credential_revoke(actor=console_actor(request), credential_id=str(credential.pk))
            except DomainError as error:
                messages.error(request, f"{credential.label}: {error.message}")


class OneTimeLoginAdmin(ReadOnlyAdmin):
    """Shows one-time logins without what would let anybody in."""

    exclude = ("digest",)
