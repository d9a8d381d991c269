import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0001_first"),
    ]

    operations = [
        migrations.CreateModel(
            name="SearchScope",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("register", models.CharField(max_length=60, unique=True, verbose_name="库")),
                ("indexed_at", models.DateTimeField(null=True, verbose_name="索引时间")),
            ],
            options={
                "verbose_name": "检索范围",
                "verbose_name_plural": "检索范围",
            },
        ),
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, verbose_name="用途")),
                ("prefix", models.CharField(max_length=12, verbose_name="开头")),
                ("digest", models.CharField(max_length=64, unique=True, verbose_name="摘要")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="签发时间")),
                ("expires_at", models.DateTimeField(blank=True, null=True, verbose_name="失效时间")),
                ("used_at", models.DateTimeField(blank=True, null=True, verbose_name="最近使用")),
                ("revoked_at", models.DateTimeField(blank=True, null=True, verbose_name="吊销时间")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="api_tokens",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="账号",
                    ),
                ),
            ],
            options={
                "verbose_name": "接口令牌",
                "verbose_name_plural": "接口令牌",
                "ordering": ("-created_at",),
            },
        ),
        migrations.CreateModel(
            name="ApiReply",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=200, verbose_name="幂等键")),
                ("request_digest", models.CharField(max_length=64, verbose_name="请求摘要")),
                ("code", models.PositiveSmallIntegerField(default=0, verbose_name="应答码")),
                ("headers", models.JSONField(default=dict, verbose_name="应答头")),
                ("body", models.TextField(blank=True, verbose_name="应答")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="时间")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="账号",
                    ),
                ),
            ],
            options={
                "verbose_name": "接口应答",
                "verbose_name_plural": "接口应答",
                "indexes": [models.Index(fields=["created_at"], name="core_apirep_created_ce3ff1_idx")],
                "constraints": [models.UniqueConstraint(fields=("user", "key"), name="api_reply_once")],
            },
        ),
        migrations.CreateModel(
            name="DistinctPair",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("register", models.CharField(max_length=60, verbose_name="库")),
                ("low_id", models.BigIntegerField(verbose_name="记录一")),
                ("high_id", models.BigIntegerField(verbose_name="记录二")),
                ("made_at", models.DateTimeField(auto_now_add=True, verbose_name="判定时间")),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="判定人",
                    ),
                ),
            ],
            options={
                "verbose_name": "非重复记录",
                "verbose_name_plural": "非重复记录",
                "constraints": [
                    models.UniqueConstraint(fields=("register", "low_id", "high_id"), name="distinct_pair_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Draft",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("register", models.CharField(max_length=60, verbose_name="库")),
                ("record_id", models.BigIntegerField(default=0, verbose_name="记录")),
                ("edition", models.PositiveIntegerField(default=0, verbose_name="修订号")),
                ("values", models.JSONField(default=dict, verbose_name="内容")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="保存时间")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="drafts",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="用户",
                    ),
                ),
            ],
            options={
                "verbose_name": "草稿",
                "verbose_name_plural": "草稿",
                "ordering": ("-updated_at",),
                "constraints": [models.UniqueConstraint(fields=("user", "register", "record_id"), name="draft_once")],
            },
        ),
        migrations.CreateModel(
            name="Merge",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("register", models.CharField(max_length=60, verbose_name="库")),
                ("survivor_id", models.BigIntegerField(verbose_name="保留记录")),
                ("merged_id", models.BigIntegerField(verbose_name="并入记录")),
                ("survivor_before", models.JSONField(verbose_name="保留记录原值")),
                ("survivor_after", models.JSONField(verbose_name="保留记录新值")),
                ("merged_before", models.JSONField(verbose_name="并入记录原值")),
                ("moved", models.JSONField(verbose_name="改指的关联")),
                ("kept", models.JSONField(default=list, verbose_name="未能改指的关联")),
                ("made_at", models.DateTimeField(auto_now_add=True, verbose_name="合并时间")),
                ("undone_at", models.DateTimeField(blank=True, null=True, verbose_name="撤销时间")),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="合并人",
                    ),
                ),
            ],
            options={
                "verbose_name": "合并",
                "verbose_name_plural": "合并",
                "ordering": ("-made_at",),
                "indexes": [models.Index(fields=["register", "survivor_id"], name="core_merge_registe_270ecd_idx")],
            },
        ),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("register", models.CharField(max_length=60, verbose_name="库")),
                ("name", models.CharField(max_length=60, verbose_name="名称")),
                ("params", models.CharField(blank=True, max_length=2000, verbose_name="条件")),
                ("is_subscribed", models.BooleanField(default=False, verbose_name="订阅新记录")),
                ("is_shared", models.BooleanField(default=False, verbose_name="共享给同事")),
                ("seen", models.JSONField(blank=True, default=list, verbose_name="已通知记录")),
                ("told_at", models.DateTimeField(blank=True, null=True, verbose_name="上次通知时间")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="创建时间")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved_views",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="用户",
                    ),
                ),
            ],
            options={
                "verbose_name": "常用视图",
                "verbose_name_plural": "常用视图",
                "ordering": ("register", "name"),
                "constraints": [models.UniqueConstraint(fields=("user", "register", "name"), name="saved_view_name")],
            },
        ),
    ]
