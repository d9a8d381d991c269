"""URLs of the market."""

from django.urls import path

from keqiao.market.views import funnel, matches

urlpatterns = [
    path("market/demand/<int:pk>/matches/", matches.demand_matches, name="demand_matches"),
    path("market/achievement/<int:pk>/matches/", matches.achievement_matches, name="achievement_matches"),
    path("market/try/", matches.try_demand, name="try_demand"),
    path("market/follow/<int:pk>/", matches.follow, name="follow_match"),
    path("market/topic/<int:pk>.docx", matches.topic_report, name="topic_report"),
    path("market/funnel/", funnel.funnel, name="funnel"),
]
