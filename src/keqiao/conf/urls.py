"""The URL root. Each app keeps its own `urls.py`."""

from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.i18n import set_language

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("i18n/setlang/", login_not_required(set_language), name="set_language"),  # visitors choose their language too
    path("api/v1/", include("keqiao.core.api_urls")),
    path("", include("keqiao.portal.urls")),
]

handler403 = "keqiao.portal.views.errors.forbidden"
handler404 = "keqiao.portal.views.errors.not_found"
handler500 = "keqiao.portal.views.errors.failed"
