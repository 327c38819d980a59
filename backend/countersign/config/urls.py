"""Every address of the platform."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("api/v1/", include("countersign.api.urls")),
    path("console/", admin.site.urls),
    path("account/", include("countersign.api.account_urls")),
    path("", include("countersign.api.ui_urls")),
]
handler500 = "countersign.api.errors.server_error"
