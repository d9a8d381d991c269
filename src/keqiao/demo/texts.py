"""Texts composed from varied parts, for the achievements and demands that nobody wrote one by one."""

from dataclasses import dataclass

from keqiao.demo.dice import Dice
from keqiao.demo.material import Industry


@dataclass(frozen=True)
class Aim:
    """One measurable thing: what is asked (`goal`) and where it stands (`now`)."""

    name: str
    unit: str
    now: str
    goal: str

    @property
    def better(self) -> str:
        return "提高到" if float(self.goal) > float(self.now) else "降到"


def aim(industry: Industry, dice: Dice, stretch: float = 0.12) -> Aim:
    """A measure of the industry with values moved a little, so that no two read alike."""
    name, unit, now, goal = dice.choice(industry.measures).split("|")

    def moved(text: str) -> str:
        value = float(text) * dice.uniform(1 - stretch, 1 + stretch)
        if unit == "%":
            value = min(value, 99.4)
        return f"{value:.0f}" if value >= 20 else f"{value:.1f}".rstrip("0").rstrip(".")

    first, second = moved(now), moved(goal)
    return (
        Aim(name, unit, first, second)
        if (float(second) > float(first)) == (float(goal) > float(now))
        else Aim(name, unit, now, goal)
    )


OPENINGS = (
    "我公司{product}生产中，{object}{trouble}，{cost}。",
    "{object}一直是我们的短板，主要是{trouble}，{cost}。",
    "目前{object}{trouble}，车间想了不少办法仍不稳定，{cost}。",
    "客户多次提出{object}{trouble}的意见，{cost}。",
    "今年订单增加以后，{object}{trouble}的问题更突出，{cost}。",
    "做{product}的同行都有这个毛病：{object}{trouble}，{cost}。",
)
COSTS = (
    "每年因此损失约{n}万元",
    "返工占用了{k}个人手",
    "去年丢了两个老客户",
    "交货期被拖长一周左右",
    "投诉占全部投诉的三成",
    "旺季不敢接单",
    "影响了出口认证",
    "一个月要停线{k}次",
)
TRIED = (
    "自己改过工装，效果有限。",
    "请设备厂家调试过两轮，没有根本解决。",
    "换过三家供应商的材料，差别不大。",
    "查了文献，不知道能不能放大。",
    "和一家高校谈过，因经费没谈拢。",
    "还没有系统做过试验。",
    "做过一次正交试验，数据可以提供。",
    "进口方案报价太高。",
)
HOPES = (
    "希望用{method}一类的办法，把{measure}由{now}{unit}{better}{goal}{unit}。",
    "目标是{measure}{better}{goal}{unit}（现在{now}{unit}），方法不限，能落地就行。",
    "听说{method}在别的行业用得不错，想试试能否让{measure}{better}{goal}{unit}。",
    "请老师带着方案来，先小试，{measure}达到{goal}{unit}再谈后面的合作。",
    "需要一整套工艺文件，保证{measure}稳定在{goal}{unit}。",
)
LIMITS = (
    "现有设备不换",
    "单件成本增加不超过3%",
    "不影响正常生产",
    "须符合环保要求",
    "改造停机不超过5天",
    "场地只有两百平方米",
    "操作工文化程度不高，要简单",
    "原材料须国内可供",
)
ENDINGS = (
    "我们可提供样品和试验场地。",
    "欢迎有经验的团队来厂实地看。",
    "合作方式可以谈，按效果付费优先。",
    "验收以第三方检测为准。",
    "希望三个月内看到样机。",
    "技术人员可配合驻厂。",
)
TITLES = (
    "{object}{trouble}问题求解",
    "{object}{measure}提升技术",
    "解决{product}{trouble}的工艺改进",
    "面向{product}的{method}应用需求",
    "{object}改进：{measure}{better}{goal}{unit}",
    "寻求{method}降低{object}{trouble}",
)


def demand(industry: Industry, products: list[str], dice: Dice) -> dict[str, str]:
    """Title, object, values, constraint and description of a composed demand."""
    target = aim(industry, dice)
    words = {
        "product": dice.choice(products),
        "object": dice.choice(industry.objects),
        "trouble": dice.choice(industry.troubles),
        "method": dice.choice(industry.methods),
        "measure": target.name,
        "now": target.now,
        "goal": target.goal,
        "unit": target.unit,
        "better": target.better,
    }
    words["cost"] = dice.choice(COSTS).format(n=dice.randint(10, 160), k=dice.randint(2, 9))
    parts = [dice.choice(OPENINGS), dice.choice(TRIED), dice.choice(HOPES)]
    if dice.happens(0.7):
        parts.append(dice.choice(ENDINGS))
    return {
        "title": dice.choice(TITLES).format(**words)[:40],
        "object": words["object"],
        "present_value": f"{target.name}{target.now}{target.unit}",
        "target_value": f"{target.name}{target.better}{target.goal}{target.unit}",
        "constraint": dice.choice(LIMITS),
        "description": "".join(parts).format(**words),
    }


ACHIEVEMENT_TITLES = (
    "{object}{method}技术",
    "基于{method}的{product}{measure}提升方法",
    "{product}用{object}及其制备工艺",
    "面向{object}的{method}系统",
    "{object}{trouble}的解决方案",
    "{method}在{product}中的应用",
)
WHAT = (
    "针对{object}{trouble}，采用{method}建立从原理到工艺的完整方案。",
    "本成果以{method}为核心，处理{product}生产中{object}{trouble}的老问题。",
    "通过{method}找出{object}{trouble}的根源，提出可直接上线的做法。",
    "团队多年研究{expertise}，开发出适合中小企业的{method}装置，用于{object}。",
)
SHOWN = (
    "实测{measure}由{now}{unit}{better}{goal}{unit}，",
    "与常规做法相比，{measure}从{now}{unit}{better}{goal}{unit}，",
    "第三方检测{measure}{better}{goal}{unit}，",
)
STAND = (
    "已在{k}家企业应用，累计运行{m}个月。",
    "完成中试{k}批，工艺参数稳定。",
    "样机连续考核{m}个月，未见异常。",
    "目前处于实验室阶段，寻找企业共同放大。",
    "在一家{product}企业试用，反馈良好。",
)
OFFER = (
    "可提供图纸、工艺卡和人员培训。",
    "改造投入小，原有设备可以利用。",
    "希望与有{product}产线的企业合作。",
    "可按效果分成，前期免费评估。",
    "知识产权清晰，可许可也可作价入股。",
    "团队可驻厂三个月直至达标。",
)


def achievement(industry: Industry, dice: Dice) -> dict[str, str]:
    """Title, summary and advantage of a composed achievement."""
    shown = aim(industry, dice, 0.2)
    words = {
        "product": dice.choice(industry.products),
        "object": dice.choice(industry.objects),
        "trouble": dice.choice(industry.troubles),
        "method": dice.choice(industry.methods),
        "expertise": dice.choice(industry.expertise),
        "measure": shown.name,
        "now": shown.now,
        "goal": shown.goal,
        "unit": shown.unit,
        "better": shown.better,
        "k": str(dice.randint(2, 14)),
        "m": str(dice.randint(3, 30)),
    }
    parts = (dice.choice(WHAT), dice.choice(SHOWN), dice.choice(STAND), dice.choice(OFFER))
    return {
        "title": dice.choice(ACHIEVEMENT_TITLES).format(**words)[:40],
        "advantage": f"{shown.name}由{shown.now}{shown.unit}{shown.better}{shown.goal}{shown.unit}",
        "description": "".join(parts).format(**words),
        "problem": f"{words['object']}{words['trouble']}",
        "method": words["method"],
        "product": words["product"],
    }
