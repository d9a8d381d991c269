"""What the demand coach gains: rank of the right achievement before and after its questions are answered.

    python bench/match_coach.py

The gold set is written for this purpose by hand (16 colloquial needs from textile, machinery, environment, food and
agriculture; per need the answers a firm would give, one achievement that solves it and three near ones that do not). It is
small and ours: read the gain as "the questions do what they should", not as a forecast for a market.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from keqiao.engines.match import Document, Index, coach

# need | object | target | current | constraint | budget and time | right achievement | three near ones
GOLD = """
我们厂废水老超标被罚，求办法|涤纶印染废水中的锑|总锑降到0.05mg/L|目前0.3mg/L，用混凝沉淀|不增加占地|50万，明年6月|一种去除印染废水总锑的铁基吸附剂及一体化装置，出水锑低于0.05mg/L|印染废水臭氧催化脱色技术|电镀废水六价铬还原工艺|食品废水厌氧产沼装置
机器太费电了，成本高|定形机排风热能|热回收率60%以上|余热直接排空|不能影响布面质量|80万以内，年底前|定形机高温油烟余热回收与静电净化一体机，热回收率65%|空压机变频节电控制|注塑机电磁感应加热节能|厂房屋顶光伏发电系统
布的颜色每批都不一样，客户退货|活性染料棉织物染色|色差DE小于0.8，一次成功率95%|一次成功率82%|沿用现有溢流机|不清楚|棉织物活性染料染色一次准的配色与在线浓度检测系统，色差DE低于0.6|涤纶分散染料数码印花墨水|牛仔布激光洗水工艺|织物抗菌整理剂
检验全靠人眼看，又慢又漏|坯布织造疵点|检出率95%，速度60米/分钟|人工20米/分钟|布面有毛羽和油污|100万，6个月|基于深度学习的坯布织造疵点高速在线视觉检测系统|钢板表面缺陷涡流检测仪|药瓶灯检机|水果糖度近红外分选
零件用一阵就裂了|注塑模具顶杆|寿命提高到50万次|10万次就断裂|不能换材料牌号|没有|顶杆类零件离子渗氮与微喷丸复合强化，疲劳寿命提高5倍|铝合金搅拌摩擦焊技术|陶瓷刀具涂层制备|混凝土裂缝修补材料
加工完尺寸总飘，报废多|薄壁铝合金壳体铣削|变形小于0.02mm|0.08mm|三轴机床不更换|30万，三个月内|铝合金薄壁件铣削变形预测与自适应装夹技术|大型铸件时效去应力设备|3D打印钛合金支架|塑料壳体注塑翘曲模拟软件
味道留不住，放几天就坏|黄酒糟制品|保质期6个月|15天|不加防腐剂|20万|酒糟食品超高压杀菌与气调包装保鲜技术，常温保质期8个月|鲜牛奶膜除菌工艺|茶叶低温提香设备|冷冻虾仁保水剂
茶叶炒出来不匀，老师傅又退休了|龙井茶杀青|含水率偏差1%以内|偏差4%|保持扁平外形|40万，明年春茶前|扁形名优茶杀青红外测水与智能控温炒制装备|红茶发酵程度电子鼻判别|茶多酚提取工艺|茶园无人机植保
虫子打药也打不死|设施番茄烟粉虱|防效90%|防效60%|农药残留要符合出口标准|10万|设施蔬菜烟粉虱天敌丽蚜小蜂释放与诱控技术，防效92%|水稻二化螟性诱剂|果园捕食螨防治红蜘蛛|草地贪夜蛾雷达监测
地里水太咸，长不好|沿海滩涂盐碱地水稻|亩产500公斤|300公斤|只能用河水灌溉|不限|滨海盐碱地耐盐水稻品种与淡水压盐栽培技术|黄土高原旱作小麦覆膜技术|温室无土栽培营养液|城市污泥堆肥还田
声音太吵，邻居投诉|喷气织机车间|降到85分贝以下|98分贝|不停产施工|60万，国庆前|喷气织机气流噪声源头消声与车间吸隔声改造技术|变压器低频噪声主动控制|高铁声屏障材料|空调压缩机减振垫
薄膜老是起皱破掉|锂电池隔膜涂布|收卷褶皱率小于0.5%|2%|速度60米/分不降|120万|锂电隔膜涂布收卷张力自适应控制系统，褶皱率0.3%|光伏背板复合工艺|农用地膜可降解配方|纸张涂布机干燥箱
粉尘大，怕爆炸|铝制品抛光车间除尘|粉尘浓度低于4mg/m3|20mg/m3|防爆要求|50万，3个月内|铝镁粉尘湿式防爆除尘及氢气监测系统|煤矿井下喷雾降尘|木工车间布袋除尘器|面粉厂气力输送
胶粘不牢，天热就掉|TPU与涤纶织物贴合|剥离强度15N/cm，耐70度|8N/cm|无溶剂|15万|无溶剂反应型聚氨酯热熔胶用于TPU膜与涤纶织物复合，耐热耐水洗|木地板水性胶|汽车玻璃密封胶|手机屏光学胶
数据都在本子上，不知道哪台机子闲着|纺机设备联网|设备利用率提高10%|没有统计|老机器没有通信接口|70万，半年内|无接口老旧纺机加装传感的设备联网与稼动率分析平台|园区企业用电监测平台|仓库条码管理软件|财务共享系统
天然气用得太多，锅炉还不达标|燃气蒸汽锅炉|氮氧化物低于30mg/m3|80mg/m3|锅炉本体不更换|90万，年底前|燃气锅炉低氮燃烧器与烟气再循环改造技术，氮氧化物低于30mg/m3|生物质颗粒锅炉除尘|垃圾焚烧炉飞灰固化|热泵烘干机组
"""
KEYS = ("object", "target", "current", "constraint", "budget+time")


def cases() -> list[tuple[str, dict[str, str], list[str]]]:
    made = []
    for line in GOLD.strip().splitlines():
        need, *rest = line.split("|")
        made.append((need, dict(zip(KEYS, rest[:5], strict=True)), rest[5:]))
    return made


def reciprocal(index: Index, text: str, right: str) -> float:
    hits = index.search(text, 10, reasons=0).hits
    return next((1 / hit.rank for hit in hits if hit.id == right), 0.0)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, Index.create(Path(folder) / "index") as index:
        gold = cases()
        index.add(
            Document(f"{at}-{kind}", text) for at, (*_, texts) in enumerate(gold) for kind, text in enumerate(texts)
        )
        index.commit()
        before, after, asked, per_step = [], [], [], {step: [] for step in range(6)}
        for at, (need, replies, _) in enumerate(gold):
            answers: dict[str, str] = {}
            before.append(reciprocal(index, need, f"{at}-0"))
            per_step[0].append(reciprocal(index, coach(need).search_text, f"{at}-0"))
            while (question := coach(need, answers).question) is not None:
                answers[question.key] = replies[question.key]
                per_step[len(answers)].append(reciprocal(index, coach(need, answers).search_text, f"{at}-0"))
            after.append(reciprocal(index, coach(need, answers).search_text, f"{at}-0"))
            asked.append(len(answers))
        random, gains = np.random.default_rng(1), np.array(after) - np.array(before)
        low, high = np.percentile(
            [gains[random.integers(0, len(gains), len(gains))].mean() for _ in range(2000)], [2.5, 97.5]
        )
        print(
            f"{len(gold)} needs, {len(index)} achievements; questions asked: mean {np.mean(asked):.1f}, most {max(asked)}"
        )
        print(
            f"MRR@10 as typed {np.mean(before):.3f}; after the coach {np.mean(after):.3f}; "
            f"gain {gains.mean():+.3f} [{low:+.3f}; {high:+.3f}]"
        )
        steps = ", ".join(f"{step}: {np.mean(found):.3f} (n={len(found)})" for step, found in per_step.items() if found)
        print(f"MRR@10 by number of answers so far: {steps}")


if __name__ == "__main__":
    main()
