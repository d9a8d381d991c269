"""URLs of the API. An app adds its own by `api.add_router("", router)` in a module that is imported here or in its `apps.py`."""

from django.http import Http404
from django.urls import path

from keqiao.core.api import answer_to, api, guarded
from keqiao.core.api import urlpatterns as api_patterns
from keqiao.core.records.api import router

api.add_router("", router)


def missing(request, rest=""):  # type: ignore[no-untyped-def]  # a view
    return answer_to(Http404(), request)


app_name = "api"
urlpatterns = [path("", guarded(missing)), *api_patterns(), path("<path:rest>", guarded(missing))]
