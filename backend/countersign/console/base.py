"""What every page of the console has in common: it shows; what changes, changes through a service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_protect

from countersign.shared.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import Model
    from django.forms import ModelForm
    from django.http import HttpRequest, HttpResponse

    # At run time the class takes no type argument.
    _ModelAdmin = ModelAdmin[Model]
else:
    _ModelAdmin = ModelAdmin

# In this order, where a model has them.
_COLUMNS = ("code", "title", "name", "kind", "state", "status", "created_at")
_FILTERS = ("kind", "state", "status")
_NO_SERVICE = "nothing that this page shows can be changed here"


class ReadOnlyAdmin(_ModelAdmin):
    """Shows a model and changes nothing."""

    show_full_result_count = False
    list_per_page = 50

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show it to whoever may use the console."""
        return self.admin_site.has_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Show it to whoever may use the console."""
        del obj
        return self.admin_site.has_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nothing is added here."""
        del request
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nothing is changed here."""
        del request, obj
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nothing is deleted here."""
        del request, obj
        return False

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """Show the columns that this model has."""
        del request
        return ("__str__", *self._present(_COLUMNS))

    def get_list_filter(self, request: HttpRequest) -> tuple[str, ...]:
        """Filter by the columns that this model has."""
        del request
        return self._present(_FILTERS)

    def _present(self, names: Sequence[str]) -> tuple[str, ...]:
        fields = {field.name for field in self.model._meta.get_fields()}  # noqa: SLF001 - Django's public API
        return tuple(name for name in names if name in fields)

    # The library's own log of changes: ours is the audit log, written by the services.
    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:  # noqa: ANN401
        """Leave it to the audit log."""

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:  # noqa: ANN401
        """Leave it to the audit log."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:  # noqa: ANN401
        """Leave it to the audit log."""


class ServiceAdmin(ReadOnlyAdmin):
    """Changes a model through a service; what the service refuses is shown as a message."""

    # Django wraps these views in a transaction; a service opens its own, durable one.
    @method_decorator(csrf_protect)
    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the form, or save it through the service."""
        try:
            # Django's own name for the view without the transaction; its stubs leave it out.
            response: HttpResponse = self._changeform_view(  # type: ignore[attr-defined]
                request, object_id, form_url, extra_context
            )
        except DomainError as error:
            return self.refused(request, error)
        return response

    @method_decorator(csrf_protect)
    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask, or delete through the service."""
        try:
            response: HttpResponse = self._delete_view(  # type: ignore[attr-defined]
                request, object_id, extra_context
            )
        except DomainError as error:
            return self.refused(request, error)
        return response

    def refused(self, request: HttpRequest, error: DomainError) -> HttpResponse:
        """Say why the service refused."""
        messages.error(request, error.message)
        return HttpResponseRedirect(request.get_full_path())

    def save_model(self, request: HttpRequest, obj: Model, form: ModelForm[Model], change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Save through a service; a page that names none saves nothing.

        Raises:
            PermissionDenied: no service saves this.
        """
        del request, obj, form, change
        raise PermissionDenied(_NO_SERVICE)

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        """Delete through a service; a page that names none deletes nothing.

        Raises:
            PermissionDenied: no service deletes this.
        """
        del request, obj
        raise PermissionDenied(_NO_SERVICE)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:  # noqa: ANN401 - any model's
        """Delete each one through the service."""
        for row in list(queryset):
            self.delete_model(request, row)
