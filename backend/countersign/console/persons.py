"""Persons in the console: shown, and erased after a page that says what that does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.admin import action
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_protect

from countersign.console.base import ReadOnlyAdmin
from countersign.console.site import console_actor
from countersign.shared.errors import DomainError
from countersign.workflow.erasure import erasure_carry_out, erasure_preview, left_lines, preview_lines

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.urls import URLPattern

    from countersign.accounts.models import Person


class PersonAdmin(ReadOnlyAdmin):
    """Shows persons, and leads to erasing one."""

    search_fields = ("name", "users__email")
    actions = ("erase",)

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """Show who it is, and who is gone."""
        del request
        return ("name", "id", "created_at", "erased_at")

    def get_urls(self) -> list[URLPattern]:
        """Add the page that asks."""
        asking = self.admin_site.admin_view(self.erase_view)
        return [path("<uuid:person_id>/erase/", asking, name="accounts_person_erase"), *super().get_urls()]

    @action(description="Erase (shows first what it does, and asks)")
    def erase(self, request: HttpRequest, queryset: QuerySet[Person]) -> HttpResponse | None:
        """Lead to the page that asks."""
        chosen = list(queryset.values_list("pk", flat=True))
        if len(chosen) != 1:
            messages.error(request, "one person is erased at a time: choose one")
            return None
        return HttpResponseRedirect(reverse("admin:accounts_person_erase", args=chosen))

    @method_decorator(csrf_protect)
    def erase_view(self, request: HttpRequest, person_id: object) -> HttpResponse:
        """Show what erasing does; erase when the address was typed once more."""
        actor = console_actor(request)
        try:
            if request.method == "POST":
                done = erasure_carry_out(
                    actor=actor, person_id=str(person_id), confirmation=request.POST.get("confirmation", "")
                )
                messages.success(request, f"erased: {person_id}")
                for line in left_lines(done):
                    messages.warning(request, line)
                return HttpResponseRedirect(reverse("admin:accounts_person_changelist"))
            found = erasure_preview(actor=actor, person_id=str(person_id))
        except DomainError as error:
            messages.error(request, error.message)
            back = request.get_full_path() if request.method == "POST" else reverse("admin:index")
            return HttpResponseRedirect(back)
        context = {
            **self.admin_site.each_context(request),
            "lines": list(preview_lines(found)),
            "erased": found.held.erased,
        }
        return render(request, "console/erase_person.html", context)
