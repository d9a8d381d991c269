"""Enterprise (企业) and EnterpriseYear (企业年度数据)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from keqiao.core.models import Record
from keqiao.registers.models.columns import (
    AdminLevel,
    Contact,
    UsccField,
    chosen,
    classified,
    count,
    day,
    flag,
    link,
    long,
    money,
    number,
    short,
    year_of,
)


class Enterprise(Contact, Record):
    class LegalForm(models.TextChoices):
        LIMITED = "limited", _("有限责任公司")
        JOINT_STOCK = "joint_stock", _("股份有限公司")
        STATE_OWNED = "state_owned", _("国有企业")
        COLLECTIVE = "collective", _("集体企业")
        PARTNERSHIP = "partnership", _("合伙企业")
        SOLE = "sole", _("个人独资企业")
        FOREIGN = "foreign", _("外商投资企业")
        HMT = "hmt", _("港澳台投资企业")
        COOPERATIVE = "cooperative", _("农民专业合作社")
        INDIVIDUAL = "individual", _("个体工商户")
        OTHER = "other", _("其他")

    class Size(models.TextChoices):
        LARGE = "large", _("大型")
        MEDIUM = "medium", _("中型")
        SMALL = "small", _("小型")
        MICRO = "micro", _("微型")

    class BusinessState(models.TextChoices):
        ACTIVE = "active", _("存续（在营）")
        SUSPENDED = "suspended", _("停业")
        REVOKED = "revoked", _("吊销")
        CANCELLED = "cancelled", _("注销")
        MOVED = "moved", _("迁出")

    class Listing(models.TextChoices):
        NONE = "none", _("未上市")
        NEEQ = "neeq", _("新三板")
        BSE = "bse", _("北交所")
        STAR = "star", _("科创板")
        CHINEXT = "chinext", _("创业板")
        MAIN = "main", _("主板")
        OVERSEAS = "overseas", _("境外上市")

    class GrowthStage(models.TextChoices):
        START_UP = "start_up", _("初创期")
        GROWING = "growing", _("成长期")
        MATURE = "mature", _("稳定期")

    class TaxMethod(models.TextChoices):
        AUDITED = "audited", _("查账征收")
        ASSESSED = "assessed", _("核定征收")

    class Catalogue(models.TextChoices):
        ENCOURAGED = "encouraged", _("鼓励类")
        ALLOWED = "allowed", _("允许类")
        RESTRICTED = "restricted", _("限制类")
        ELIMINATED = "eliminated", _("淘汰类")
        FORBIDDEN = "forbidden", _("禁止类")

    name = models.CharField(_("企业名称"), max_length=120, db_index=True)
    uscc = UsccField(_("统一社会信用代码"), unique=True, help_text=_("18 位，见营业执照"))
    uscc_confirmed = flag(_("代码已人工核对"), _("校验位不符但与营业执照一致时填“是”"))
    park = link("core.OrgUnit", _("所在园区"))
    industry = classified(_("行业代码"), db_index=True)
    hi_tech_field = classified(_("高新技术领域"))
    legal_form = chosen(_("企业类型"), LegalForm.choices)
    founded_on = day(_("成立日期"))
    registered_capital = money(_("注册资本"))
    size = chosen(_("企业规模"), Size.choices)
    is_above_scale = flag(_("规模以上企业"))
    business_state = models.CharField(
        _("经营状态"), max_length=20, choices=BusinessState.choices, default=BusinessState.ACTIVE, blank=True
    )
    closed_on = day(_("注销（迁出）日期"))
    listing = chosen(_("上市情况"), Listing.choices)
    listed_on = day(_("上市日期"))
    growth_stage = chosen(_("成长阶段"), GrowthStage.choices)
    main_products = short(_("主要产品（服务）"), 300)
    business_scope = long(_("经营范围"))
    introduction = long(_("企业简介"))
    address = short(_("经营地址"), 200)
    website = models.URLField(_("网址"), max_length=200, blank=True, default="")
    legal_representative = short(_("法定代表人"), 60)
    bank_name = short(_("开户银行"), 120)
    bank_account = short(_("银行账号"), 40)
    is_resident = flag(_("居民企业"))
    tax_method = chosen(_("所得税征收方式"), TaxMethod.choices)
    keeps_sound_accounts = flag(_("会计核算健全"))
    industry_catalogue = chosen(_("产业结构调整目录类别"), Catalogue.choices)
    is_abnormal = flag(_("列入经营异常名录"))
    is_dishonest = flag(_("列入严重违法失信名单"))
    has_infringement = flag(_("有侵权假冒行为"))
    is_key_machine_maker = flag(_("列入集成电路或工业母机企业清单"))
    is_founded_by_talent = flag(_("由高层次人才创办"))
    carrier = link("registers.Platform", _("入驻载体"), related_name="tenant_enterprises")
    niche_since_year = year_of(_("进入细分市场年份"), null=True, blank=True)
    niche_rank = count(_("主导产品细分市场省内排名"))
    national_award_year = year_of(_("获国家科技奖年份"), null=True, blank=True)
    national_award_rank = count(_("国家科技奖单位排名"))
    instruments_value = money(_("研发仪器设备原值"))
    research_area = number(_("研发场地面积"))
    has_ip_department = flag(_("设有知识产权管理机构"))
    ip_staff = count(_("知识产权工作人员数"))

    class Meta(Record.Meta):
        verbose_name = verbose_name_plural = _("企业")

    def __str__(self) -> str:
        return self.name


class EnterpriseYear(Record):
    """What an enterprise reports for one accounting year. R&D expense has four bases that are never mixed: accounting, statistics,
    high-tech recognition and super-deduction (its parts below, before caps)."""

    enterprise = link("registers.Enterprise", _("企业"), related_name="years", required=True)
    year = year_of(_("年度"), db_index=True)
    # income
    total_income = money(_("收入总额"))
    nontaxable_income = money(_("不征税收入"))
    investment_income = money(_("投资收益"))
    revenue = money(_("营业收入"))
    main_revenue = money(_("主营业务收入"))
    sales = money(_("销售收入"))
    hi_tech_revenue = money(_("高新技术产品（服务）收入"))
    main_product_revenue = money(_("主要产品收入"))
    new_product_revenue = money(_("新产品销售收入"))
    technical_income = money(_("技术性收入"))
    exports = money(_("出口额"))
    # result and balance
    cost_and_expense = money(_("成本费用支出"))
    profit = money(_("利润总额"), may_be_negative=True)
    tax_paid = money(_("实缴税费"), may_be_negative=True)
    total_assets = money(_("资产总额"))
    liabilities = money(_("负债总额"))
    net_assets = money(_("净资产"), may_be_negative=True)
    output_value = money(_("工业总产值"))
    added_value = money(_("工业增加值"), may_be_negative=True)
    fixed_investment = money(_("固定资产投资"))
    # R&D expense by basis
    rd_accounting = money(_("研发费用（会计口径）"))
    rd_statistics = money(_("研发费用（统计口径）"))
    rd_hnte = money(_("研发费用（高企口径）"))
    rd_hnte_domestic = money(_("境内研发费用（高企口径）"))
    # parts of the super-deduction, as spent
    rd_personnel = money(_("人员人工费用"))
    rd_direct_input = money(_("直接投入费用"))
    rd_depreciation = money(_("折旧费用"))
    rd_amortisation = money(_("无形资产摊销"))
    rd_design_trial = money(_("新产品设计及试验费等"))
    rd_other = money(_("其他相关费用"))
    rd_contracted_domestic = money(_("委托境内研发费用"))
    rd_contracted_overseas = money(_("委托境外研发费用"))
    rd_special_income = money(_("特殊收入（下脚料等）"))
    rd_capitalised_amortisation = money(_("资本化研发本年摊销额"))
    rd_other_by_project = money(_("分项目限额内其他相关费用"))
    rd_fourth_quarter = money(_("第四季度研发费用"))
    rd_university = money(_("委托高校院所研发支出"))
    rd_deducted = money(_("已享受加计扣除额"))
    negative_industry_income = money(_("负面清单行业主营收入"))
    # people, monthly means of the year
    staff = number(_("职工总数"))
    tech_staff = number(_("科技人员数"))
    rd_staff = number(_("研发人员数"))
    rd_staff_fte = number(_("研发人员全时当量"))
    bachelor_staff = number(_("本科及以上人员数"))
    # results and organisation
    transformed_achievements = count(_("科技成果转化数"))
    ip_class1 = count(_("Ⅰ类知识产权数"))
    ip_class2 = count(_("Ⅱ类知识产权数"))
    patent_applications = count(_("专利申请数"))
    invention_applications = count(_("发明专利申请数"))
    standards_led = count(_("主导制定标准数"))
    standards_joined = count(_("参与制定标准数"))
    rd_projects = count(_("研发项目数"))
    rd_institution_level = chosen(_("研发机构级别"), AdminLevel.choices)
    has_rd_institution = flag(_("设有研发机构"))
    has_rd_accounts = flag(_("设研发支出辅助账"))
    equity_raised = money(_("当年股权融资额"))
    ip_pledge_loans = money(_("知识产权质押贷款额"))
    subsidies_received = money(_("当年财政补助"))
    loan_interest = money(_("科技贷款利息支出"))
    insurance_premium = money(_("科技保险保费支出"))
    voucher_spending = money(_("创新券服务支出"))
    equipment_investment = money(_("设备投资额"))
    ip_budget = money(_("知识产权工作经费"))
    rent_paid = money(_("研发生产用房租金"))
    rent_area = number(_("租用面积"))
    joint_projects = count(_("产学研合作项目数"))
    pct_applications = count(_("PCT 国际专利申请数"))
    # what bars recognition
    had_major_accident = flag(_("发生重大安全、质量事故"))
    had_environmental_offence = flag(_("有严重环境违法行为"))
    had_research_dishonesty = flag(_("有科研严重失信行为"))
    is_audited = flag(_("经审计"))
    reported_on = day(_("填报日期"))

    class Meta(Record.Meta):
        verbose_name = verbose_name_plural = _("企业年度数据")
        constraints = [models.UniqueConstraint(fields=["enterprise", "year"], name="enterprise_year_once")]

    def __str__(self) -> str:
        return f"{self.enterprise} {self.year}"
