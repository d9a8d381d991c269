"""URLs of the services to enterprises."""

from django.urls import path

from keqiao.services.views import checkup, ladder, library, one_list, policy_matches, rd_forms, rehearsal

urlpatterns = [
    path("services/mine/", one_list.mine, name="my_list"),
    path("services/enterprise/<int:pk>/list/", one_list.panel, name="one_list"),
    path("services/enterprise/<int:pk>/list.docx", one_list.report, name="one_list_report"),
    path("services/enterprise/<int:pk>/list/<path:rule>/explain/", one_list.explain, name="explain_rule"),
    path("services/policies/", policy_matches.policy_matches, name="policy_matches"),
    path("services/policies/run/", policy_matches.run, name="run_rules"),
    path("services/policies/<path:rule>/subjects/", policy_matches.subjects, name="policy_subjects"),
    path("services/policies/<path:rule>/subjects.xlsx", policy_matches.export, name="policy_subjects_file"),
    path("services/policies/<path:rule>/notify/", policy_matches.notify, name="policy_notify"),
    path("services/enterprise/<int:pk>/checkup/", checkup.panel, name="checkup"),
    path("services/enterprise/<int:pk>/checkup.docx", checkup.report, name="checkup_report"),
    path("services/enterprise/<int:pk>/ladder/", ladder.panel, name="ladder"),
    path("services/ladders/", ladder.ladders, name="ladders"),
    path("services/ladders/expiring/", ladder.expiring, name="expiring_qualifications"),
    path("services/ladders/<slug:key>/", ladder.members, name="ladder_members"),
    path("services/rehearsal/", rehearsal.rehearse, name="rehearsal"),
    path("services/library/", library.policy_library, name="policy_library"),
    path("services/library/<int:pk>/", library.one_policy, name="one_policy"),
    path("services/pools/", library.finance_pools, name="finance_pools"),
    path("services/checkups/", checkup.city, name="checkups"),
    path("services/enterprise/<int:pk>/rd/", rd_forms.panel, name="rd_forms"),
    path("services/enterprise/<int:pk>/rd/<int:year>/<slug:form>.xlsx", rd_forms.workbook, name="rd_form_file"),
]
