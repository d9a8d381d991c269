"""The URL root. Each app keeps its own `urls.py`."""

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/v1/", include("keqiao.core.api_urls")),
    path("", include("keqiao.portal.urls")),
]

handler403 = "keqiao.portal.views.errors.forbidden"
handler404 = "keqiao.portal.views.errors.not_found"
handler500 = "keqiao.portal.views.errors.failed"
