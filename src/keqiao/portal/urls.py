"""URLs of the shell: public site, workspace, administration; record pages and the other apps hang in here."""

from django.urls import include, path

from keqiao.portal.views import account, administration, findings, home, work

urlpatterns = [
    path("", home.home, name="home"),
    path("search/", home.search, name="search"),
    path("workspace/", work.workspace, name="workspace"),
    path("notices/", work.notices, name="notices"),
    path("jobs/", work.jobs, name="jobs"),
    path("jobs/<uuid:pk>/", work.job, name="job"),
    path("jobs/<uuid:pk>/state/", work.job_state, name="job_state"),
    path("files/<uuid:pk>/", work.stored_file, name="stored_file"),
    path("findings/", findings.findings, name="findings"),
    path("findings/<int:pk>/settle/", findings.settle_finding, name="settle_finding"),
    path("account/", account.account, name="account"),
    path("account/access/", account.who_opened, name="who_opened"),
    path("admin/accounts/", administration.accounts, name="accounts"),
    path("admin/accounts/<int:pk>/", administration.one_account, name="one_account"),
    path("admin/accounts/new/", administration.new_account, name="new_account"),
    path("admin/units/", administration.org_units, name="org_units"),
    path("admin/units/<int:pk>/", administration.one_unit, name="one_unit"),
    path("admin/units/new/", administration.new_unit, name="new_unit"),
    path("admin/audit/", administration.audit_entries, name="audit"),
    path("admin/system/", administration.system, name="system"),
    path("r/", include("keqiao.core.records.urls")),
    path("", include("keqiao.control.urls")),
    path("", include("keqiao.market.urls")),
    path("", include("keqiao.services.urls")),
]
