"""LedgerRow (台账记录): a row of a custom ledger, whose fields are declared as data in packs/*/ledgers."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from keqiao.core.models import Record
from keqiao.registers.models.columns import TextJSONField


class LedgerRow(Record):
    """`data` holds the values as `core.records.fields.to_json` writes them; `identity_key` is made from the ledger's identity fields
    by `registers.ledgers.store`. `enterprise` and the like repeat a reference in `data` so that "own rows" is one indexed comparison."""

    ledger = models.CharField(_("台账"), max_length=60)
    identity_key = models.CharField(_("标识"), max_length=300)
    title = models.CharField(_("名称"), max_length=200, blank=True, default="")
    data = TextJSONField(_("内容"), default=dict)
    enterprise = models.ForeignKey(
        "registers.Enterprise", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("企业")
    )
    institution = models.ForeignKey(
        "registers.Institution", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("机构")
    )
    person = models.ForeignKey(
        "registers.Person", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("人员")
    )

    class Meta(Record.Meta):
        verbose_name = verbose_name_plural = _("台账记录")
        indexes = [
            models.Index(fields=["ledger", "-updated_at", "-id"], name="ledgerrow_ledger_updated"),
            models.Index(fields=["ledger", "org_unit", "-updated_at", "-id"], name="ledgerrow_ledger_unit"),
        ]
        constraints = [models.UniqueConstraint(fields=["ledger", "identity_key"], name="ledger_row_identity")]

    def __str__(self) -> str:
        return self.title or self.identity_key

    @property
    def register_key(self) -> str:
        """What `declare.register_of` asks a row for."""
        return self.ledger
