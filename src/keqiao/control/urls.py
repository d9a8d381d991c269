"""URLs of control."""

from django.urls import path

from keqiao.control.views import (
    cockpit,
    composites,
    draft_check,
    past_reports,
    splits,
    submissions,
    targets,
    written_reports,
)

urlpatterns = [
    path("cockpit/", cockpit.cockpit, name="cockpit"),
    path("cockpit/compute/", cockpit.compute, name="compute_figures"),
    path("cockpit/rankings/", composites.rankings, name="composites"),
    path("indicators/", cockpit.indicators, name="indicators"),
    path("indicators/<slug:key>/", cockpit.indicator, name="indicator"),
    path("figures/<int:pk>/", cockpit.figure, name="figure"),
    path("targets/", targets.targets, name="targets"),
    path("targets/set/", targets.set_target, name="set_target"),
    path("targets/publish/", targets.publish, name="publish_targets"),
    path("targets/propose/", splits.propose, name="propose_targets"),
    path("targets/split/<slug:key>/", splits.split_target, name="split_target"),
    path("targets/<int:pk>/note/", splits.write_note, name="note_target"),
    path("targets/notes/<int:pk>/answer/", splits.answer_note, name="answer_target_note"),
    path("submissions/", submissions.reporting_desk, name="reporting_desk"),
    path("submissions/<slug:form>/<slug:code>/<slug:period>/", submissions.submission, name="submission"),
    path("past-reports/", past_reports.past_reports, name="past_reports"),
    path("past-reports/<int:pk>/", past_reports.review, name="review_report"),
    path("past-reports/decide/<int:pk>/", past_reports.decide, name="decide_proposal"),
    path("draft-check/", draft_check.draft_check, name="draft_check"),
    path("draft-check/<uuid:pk>/", draft_check.draft_result, name="draft_result"),
    path("reports/", written_reports.written_reports, name="written_reports"),
    path("reports/<int:pk>/", written_reports.written_report, name="written_report"),
    path("reports/<int:pk>/figure/<path:name>/", written_reports.report_figure, name="report_figure"),
    path("reports/<int:pk>/pdf/", written_reports.report_pdf, name="report_pdf"),
    path("reports/<int:pk>/publish/", written_reports.publish, name="publish_report"),
]
