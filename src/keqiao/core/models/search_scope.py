"""SearchScope (检索范围): the number of a register in the search index, where a row is `number * 2**40 + id`."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SearchScope(models.Model):
    """`indexed_at` is when rows were last seen by the index: rows updated since are caught up."""

    register = models.CharField(_("库"), max_length=60, unique=True)
    indexed_at = models.DateTimeField(_("索引时间"), null=True)

    class Meta:
        verbose_name = verbose_name_plural = _("检索范围")

    def __str__(self) -> str:
        return self.register
