"""The web app."""

from __future__ import annotations

from django.urls import re_path

from countersign.api.ui import shell

urlpatterns = [
    re_path(r"^(?!(?:account|api|console|static)(?:/|$)).*$", shell, name="ui"),
]
