"""How each fact about an enterprise follows from the registers, as Polars expressions. Names are those of packs/*/facts/enterprise.yaml.

A fact that is simply a field needs no line here (`facts._declared` finds it by its `source`)."""

import datetime
from typing import Any

import polars as pl

from keqiao.registers.classifications import classification

Tables = dict[str, pl.DataFrame]
YEARS_BACK = ("", "_prev", "_prev2")
# fact → field of EnterpriseYear, where the two are called differently
YEAR_FIELDS = {
    "main_business_income": "main_revenue",
    "hitech_revenue": "hi_tech_revenue",
    "cost_expense": "cost_and_expense",
    "rd_expense": "rd_accounting",
    "rd_expense_hnte": "rd_hnte",
    "rd_expense_domestic": "rd_hnte_domestic",
    "rd_expense_statistics": "rd_statistics",
    "rd_expense_super_deduction": "rd_deducted",
    "rd_staff": "tech_staff",
    "research_staff": "rd_staff",
    "staff": "staff",
    "pledge_loan": "ip_pledge_loans",
    "commissioned_university_expense": "rd_university",
    "rd_labour": "rd_personnel",
    "rd_direct": "rd_direct_input",
    "rd_depreciation": "rd_depreciation",
    "rd_amortisation": "rd_amortisation",
    "rd_design": "rd_design_trial",
    "rd_other": "rd_other",
    "rd_other_by_project": "rd_other_by_project",
    "rd_outsourced_domestic": "rd_contracted_domestic",
    "rd_outsourced_overseas": "rd_contracted_overseas",
    "rd_special_income": "rd_special_income",
    "rd_capitalised_amortisation": "rd_capitalised_amortisation",
    "negative_industry_income": "negative_industry_income",
    "joint_projects": "joint_projects",
}
# fact → register it comes from, for showing, where the catalogue's `source` names another
ORIGIN = {
    **dict.fromkeys(
        (
            "class1_ip",
            "class2_ip",
            "invention_patents",
            "patents_granted",
            "inventions_granted",
            "ip_is_self_developed",
        ),
        "patent",
    ),
    **dict.fromkeys(
        ("qualifications", "is_first_certified", "is_recertified", "is_tech_sme", "demonstration_since"),
        "qualification",
    ),
    **dict.fromkeys(("tech_contract_amount", "absorbed_contract_amount"), "tech_contract"),
    **dict.fromkeys(
        (
            "has_major_accident",
            "has_research_dishonesty",
            "standards_led",
            "has_standard_work",
            "results_converted",
            "equity_financing",
        ),
        "enterprise_year",
    ),
    **dict.fromkeys(YEAR_FIELDS, "enterprise_year"),
    "platforms": "platform",
    "provincial_projects": "project",
}
INSTITUTION_LEVELS = {
    "national": "国家级研发机构",
    "province": "省部级研发机构",
    "city": "市级研发机构",
    "county": "县级研发机构",
}
CATALOGUE_CLASSES = {
    "encouraged": "鼓励类",
    "allowed": "允许类",
    "restricted": "限制类",
    "eliminated": "淘汰类",
    "forbidden": "禁止类",
}


def year_column(field: str, years_back: int) -> str:
    """The name of a year's field in the wide table: `revenue`, one year before `revenue@1` …"""
    return f"year:{field}@{years_back}"


def labels(key: str) -> dict[str, str]:
    """code → Chinese name of a classification."""
    return {code: entry.name for code, entry in classification(key).entries.items()}


def widen(tables: Tables, day: datetime.date) -> pl.DataFrame:
    """One row per enterprise with its years, counts and sets beside it, in the enterprises' order."""
    wide = tables["enterprise"].join(
        _towns(tables["org_units"]), left_on="org_unit", right_on="code", how="left", maintain_order="left"
    )
    for made in (
        *(_year(tables["enterprise_year"], day, back) for back in range(3)),
        _this_year(tables["enterprise_year"], day),
        _all_years(tables["enterprise_year"], day),
        _qualifications(tables["qualification"], day),
        _institutions(tables["platform"], tables["qualification"], day),
        _rights(tables["patent"], day),
        *(_in_year(tables, day, back) for back in range(3)),
    ):
        wide = wide.join(made, left_on="id", right_on="enterprise", how="left", maintain_order="left")
    return wide


def expressions(columns: list[str], day: datetime.date) -> dict[str, pl.Expr]:
    """fact → expression over the wide table."""
    made = _as_of(day)
    for back, suffix in enumerate(YEARS_BACK):
        made |= {f"{fact}{suffix}": expression for fact, expression in _of_year(back).items()}
    return made


def _of_year(back: int) -> dict[str, pl.Expr]:
    def of(field: str) -> pl.Expr:
        return pl.col(year_column(field, back))

    income = of("total_income") - of("nontaxable_income")
    made = {fact: of(field) for fact, field in YEAR_FIELDS.items()}
    return made | {
        "revenue": pl.coalesce(of("sales"), of("revenue")),
        "total_income": income,
        "income_base": income - of("investment_income"),
        "main_business_share": _share(of("main_revenue"), of("revenue")),
        "rd_fourth_quarter_share": _share(of("rd_fourth_quarter"), of("rd_accounting")),
        "pct_applications": pl.coalesce(of("pct_applications"), pl.col(f"pct@{back}")),
        **{
            name: pl.col(f"{name}@{back}").fill_null(0)
            for name in ("patents_granted", "inventions_granted", "provincial_projects")
        },
        **{
            name: pl.col(f"{name}@{back}").fill_null(0).cast(pl.Decimal(18, 2))
            for name in ("tech_contract_amount", "absorbed_contract_amount")
        },
        **{
            name: pl.col(f"{name}@{back}").fill_null(False)
            for name in ("is_first_certified", "is_recertified", "is_tech_sme")
        },
    }


def _as_of(day: datetime.date) -> dict[str, pl.Expr]:
    industries = classification("industries")
    sections = {code: next(one for one in reversed(list(industries.ancestors(code)))) for code in industries.entries}
    names = {
        code: "烟草制品业" if code.startswith("C16") else industries.entries[section].name.replace("、", "")
        for code, section in sections.items()
    }
    negative = {
        code: any("no_super_deduction" in industries.entries[one].tags for one in industries.ancestors(code))
        for code in industries.entries
    }
    fields = classification("hi_tech_fields")
    tops = {code: fields.entries[list(fields.ancestors(code))[-1]].name for code in fields.entries}
    industry = pl.col("industry")
    return {
        "enterprise_name": pl.col("name"),
        "town": pl.col("town_name"),
        "industry": industry.replace_strict(names, default=None, return_dtype=pl.String),
        "is_manufacturing": industry.replace_strict(
            {code: section == "C" for code, section in sections.items()}, default=None, return_dtype=pl.Boolean
        ),
        "is_in_negative_list": industry.replace_strict(negative, default=None, return_dtype=pl.Boolean),
        "hitech_field": pl.col("hi_tech_field").replace_strict(tops, default=None, return_dtype=pl.String),
        "is_account_based": pl.when(~pl.col("keeps_sound_accounts"))
        .then(False)
        .otherwise(pl.col("tax_method") == "audited"),
        "industry_restriction": pl.col("industry_catalogue").replace_strict(
            CATALOGUE_CLASSES, default=None, return_dtype=pl.String
        ),
        "is_on_abnormal_list": pl.any_horizontal("is_abnormal", "is_dishonest"),
        "is_listed": pl.col("listing").is_in(["bse", "star", "chinext", "main", "overseas"]),
        "is_micro_chip_or_machine_tool": pl.col("is_key_machine_maker"),
        "market_years": day.year - pl.col("niche_since_year").cast(pl.Int64),
        "market_share_rank": pl.col("niche_rank"),
        "national_award_years": day.year - pl.col("national_award_year").cast(pl.Int64),
        "led_by_talent": pl.col("is_founded_by_talent"),
        "is_settled_in_carrier": pl.when(pl.col("carrier").is_not_null()).then(True),
        "has_major_accident": pl.any_horizontal("accident", "offence"),
        "has_research_dishonesty": pl.col("dishonesty"),
        "standards_led": pl.col(year_column("standards_led", 0)),
        "has_standard_work": pl.any_horizontal(
            pl.col(year_column("standards_led", 0)) > 0, pl.col(year_column("standards_joined", 0)) > 0
        ),
        "results_converted": _mean_of_years(day),
        "equity_financing": pl.col("equity_all"),
        "class1_ip": pl.coalesce("class1", pl.col(year_column("ip_class1", 0))),
        "class2_ip": pl.coalesce("class2", pl.col(year_column("ip_class2", 0))),
        "invention_patents": pl.col("inventions"),
        "ip_is_self_developed": pl.col("self_developed"),
        "qualifications": pl.col("qualification_names").fill_null([]),
        "platforms": pl.col("institution_names").fill_null([]),
        "demonstration_since": pl.col("demonstration_on"),
    }


def _share(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    return pl.when(whole > 0).then((part.cast(pl.Float64) / whole.cast(pl.Float64)).round(6))


def _mean_of_years(day: datetime.date) -> pl.Expr:
    """Over the last three accounting years, or as many as the enterprise has lived; unknown when one of them is."""
    values = [pl.col(year_column("transformed_achievements", back)).cast(pl.Float64) for back in range(3)]
    lived = (day.year - pl.col("founded_on").dt.year()).clip(1, 3).fill_null(3)
    return (
        pl.when(lived >= 3)
        .then((values[0] + values[1] + values[2]) / 3)
        .when(lived == 2)
        .then((values[0] + values[1]) / 2)
        .otherwise(values[0])
        .round(4)
    )


def _towns(units: pl.DataFrame) -> pl.DataFrame:
    named = units.filter(pl.col("level").is_in(["town", "street"]))
    return named.group_by("code").agg(pl.col("name").last().alias("town_name"))


def _year(years: pl.DataFrame, day: datetime.date, back: int) -> pl.DataFrame:
    of = years.filter(pl.col("year") == day.year - 1 - back).unique("enterprise", keep="last", maintain_order=True)
    fields = [
        name
        for name in of.columns
        if name not in {"id", "enterprise", "enterprise_uscc", "org_unit", "review_state", "year"}
    ]
    return of.select("enterprise", *(pl.col(name).alias(year_column(name, back)) for name in fields))


def _this_year(years: pl.DataFrame, day: datetime.date) -> pl.DataFrame:
    """Accidents and offences of the last accounting year and of the year of applying; one "yes" is enough, silence is unknown."""
    near = years.filter(pl.col("year").is_between(day.year - 1, day.year))
    known = {
        "accident": "had_major_accident",
        "offence": "had_environmental_offence",
        "dishonesty": "had_research_dishonesty",
    }
    return near.group_by("enterprise").agg(
        pl.when(pl.col(field).any())
        .then(True)
        .when(pl.col(field).is_null().any())
        .then(None)
        .otherwise(False)
        .alias(name)
        for name, field in known.items()
    )


def _all_years(years: pl.DataFrame, day: datetime.date) -> pl.DataFrame:
    known = years.filter((pl.col("year") < day.year) & pl.col("equity_raised").is_not_null())
    return known.group_by("enterprise").agg(pl.col("equity_raised").sum().alias("equity_all"))


def _is_held(day: datetime.date) -> pl.Expr:
    """Held by an enterprise and in force on the day: the start is included, the end is not."""
    begun = pl.coalesce("valid_from", "issued_on") <= day
    return pl.col("enterprise").is_not_null() & begun & ~_ended("valid_until", day) & ~_ended("revoked_on", day)


def _ended(column: str, day: datetime.date) -> pl.Expr:
    return (pl.col(column) <= day).fill_null(False)


def _qualifications(qualifications: pl.DataFrame, day: datetime.date) -> pl.DataFrame:
    held = qualifications.filter(_is_held(day))
    shown = pl.col("kind").replace_strict(labels("qualification_kinds"), default=pl.col("kind"), return_dtype=pl.String)
    return held.group_by("enterprise").agg(
        shown.unique().sort().alias("qualification_names"),
        pl.when(pl.col("kind") == "patent_demonstration")
        .then(pl.coalesce("issued_on", "valid_from"))
        .min()
        .alias("demonstration_on"),
    )


def _institutions(platforms: pl.DataFrame, qualifications: pl.DataFrame, day: datetime.date) -> pl.DataFrame:
    """R&D institutions held, as platforms or as recognitions: their names by kind and by level."""
    own = platforms.filter(
        pl.col("enterprise").is_not_null()
        & pl.col("kind").is_in(list(classification("platform_kinds").tagged("research")))
        & (pl.col("run_state") != "closed").fill_null(True)
        & (pl.col("recognised_on") <= day)
    ).select(
        "enterprise",
        pl.col("kind").replace_strict(labels("platform_kinds"), default=None, return_dtype=pl.String).alias("name"),
        "level",
    )
    recognised = qualifications.filter(
        _is_held(day) & pl.col("kind").is_in(list(classification("qualification_kinds").tagged("rd_institution")))
    ).select(
        "enterprise",
        pl.col("kind")
        .replace_strict(labels("qualification_kinds"), default=None, return_dtype=pl.String)
        .alias("name"),
        "level",
    )
    both = pl.concat([own, recognised])
    levels = both.select(
        "enterprise",
        pl.col("level").replace_strict(INSTITUTION_LEVELS, default=None, return_dtype=pl.String).alias("name"),
    )
    names = pl.concat([both.select("enterprise", "name"), levels]).drop_nulls("name")
    return names.group_by("enterprise").agg(pl.col("name").unique().sort().alias("institution_names"))


def _rights(patents: pl.DataFrame, day: datetime.date) -> pl.DataFrame:
    """Intellectual property owned and in force. An enterprise without a single entry is unknown, not poor."""
    kinds = classification("ip_kinds")
    own = patents.filter(pl.col("enterprise").is_not_null() & (pl.col("acquired_by") != "licensed").fill_null(True))
    lives = (
        (pl.col("granted_on") <= day).fill_null(False)
        & ~_ended("expires_on", day)
        & (pl.col("legal_state") == "in_force").fill_null(True)
        & ~(pl.col("acquired_on") > day).fill_null(False)
    )
    by_self = pl.when(lives).then(pl.col("acquired_by") == "self")
    return own.group_by("enterprise").agg(
        (lives & pl.col("kind").is_in(list(kinds.tagged("class1")))).sum().cast(pl.Int64).alias("class1"),
        (lives & pl.col("kind").is_in(list(kinds.tagged("class2")))).sum().cast(pl.Int64).alias("class2"),
        (lives & (pl.col("kind") == "invention")).sum().cast(pl.Int64).alias("inventions"),
        pl.when(by_self.any())
        .then(True)
        .when((lives & pl.col("acquired_by").is_null()).any() | ~lives.any())
        .then(None)
        .otherwise(False)
        .alias("self_developed"),
    )


def _in_year(tables: Tables, day: datetime.date, back: int) -> pl.DataFrame:
    """What the registers count for one accounting year."""
    year = day.year - 1 - back

    def within(column: str) -> pl.Expr:
        return pl.col(column).dt.year() == year

    def count(frame: pl.DataFrame, name: str) -> pl.DataFrame:
        return frame.group_by("enterprise").agg(pl.len().cast(pl.Int64).alias(f"{name}@{back}"))

    def total(frame: pl.DataFrame, owner: str, name: str) -> pl.DataFrame:
        signed = frame.filter(within("registered_on") & pl.col(owner).is_not_null())
        return signed.group_by(pl.col(owner).alias("enterprise")).agg(pl.col("amount").sum().alias(f"{name}@{back}"))

    patents, contracts = tables["patent"].filter(pl.col("enterprise").is_not_null()), tables["tech_contract"]
    granted = patents.filter(
        within("granted_on") & pl.col("kind").is_in(list(classification("ip_kinds").tagged("patent")))
    )
    projects = tables["project"].filter(
        pl.col("enterprise").is_not_null() & within("approved_on") & pl.col("level").is_in(["national", "province"])
    )
    parts: list[pl.DataFrame] = [
        count(granted, "patents_granted"),
        count(granted.filter(pl.col("kind") == "invention"), "inventions_granted"),
        count(patents.filter(within("applied_on") & pl.col("is_pct").fill_null(False)), "pct"),
        count(projects, "provincial_projects"),
        total(contracts, "seller_enterprise", "tech_contract_amount"),
        total(contracts, "buyer_enterprise", "absorbed_contract_amount"),
        _recognised_in(tables["qualification"], year, back),
    ]
    found: Any = tables["enterprise"].select(pl.col("id").alias("enterprise"))
    for part in parts:
        found = found.join(part, on="enterprise", how="left")
    return found


def _recognised_in(qualifications: pl.DataFrame, year: int, back: int) -> pl.DataFrame:
    start = pl.coalesce("valid_from", "issued_on").dt.year()
    issued = pl.coalesce("issued_on", "valid_from").dt.year() == year
    is_hnte, is_sme = pl.col("kind") == "hnte", pl.col("kind") == "tech_sme"
    # A number entered in a year holds to that year's end, so the year of the start is the year of the entry.
    return (
        qualifications.filter(pl.col("enterprise").is_not_null())
        .group_by("enterprise")
        .agg(
            (is_hnte & issued & (pl.col("issue_kind") == "first")).any().alias(f"is_first_certified@{back}"),
            (is_hnte & issued & (pl.col("issue_kind") == "renewal")).any().alias(f"is_recertified@{back}"),
            (is_sme & (start == year)).any().alias(f"is_tech_sme@{back}"),
        )
    )
