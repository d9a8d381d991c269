"""URLs of every register's pages."""

from django.urls import path

from keqiao.core.records import exchange_pages, pages

urlpatterns = [
    path("<slug:key>/", pages.record_list, name="record_list"),
    path("<slug:key>/new/", pages.record_new, name="record_new"),
    path("<slug:key>/draft/", pages.save_draft, name="record_draft"),
    path("<slug:key>/choose/", pages.choose, name="record_choose"),
    path("<slug:key>/bulk/", pages.record_bulk, name="record_bulk"),
    path("<slug:key>/views/", pages.save_view, name="record_view"),
    path("<slug:key>/import/", exchange_pages.record_import, name="record_import"),
    path("<slug:key>/import/<uuid:pk>/", exchange_pages.import_result, name="record_import_result"),
    path("<slug:key>/template.xlsx", exchange_pages.record_template, name="record_template"),
    path("<slug:key>/export.<slug:kind>", exchange_pages.record_export, name="record_export"),
    path("<slug:key>/duplicates/", exchange_pages.duplicates, name="record_duplicates"),
    path("<slug:key>/merge/", exchange_pages.record_merge, name="record_merge"),
    path("<slug:key>/<int:pk>/", pages.record_detail, name="record_detail"),
    path("<slug:key>/<int:pk>/edit/", pages.record_edit, name="record_edit"),
    path("<slug:key>/<int:pk>/draft/", pages.save_draft, name="record_row_draft"),
    path("<slug:key>/<int:pk>/move/", pages.record_move, name="record_move"),
    path("<slug:key>/<int:pk>/remove/", pages.record_remove, name="record_remove"),
    path("<slug:key>/<int:pk>/history/", pages.record_history, name="record_history"),
    path("<slug:key>/<int:pk>/related/<slug:child>/", pages.record_related, name="record_related"),
    path("<slug:key>/<int:pk>/access/", pages.record_access, name="record_access"),
    path("<slug:key>/<int:pk>/files/", pages.record_files, name="record_files"),
]
