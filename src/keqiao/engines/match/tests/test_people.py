"""Experts by their works."""

from keqiao.engines.match import Work, rank_people

WORKS = {
    "陈": [
        Work("w1", "涤纶织物印染废水臭氧氧化"),
        Work("w2", "印染废水膜处理"),
        Work("w3", "废水回用"),
        Work("w4", "诗词赏析"),
    ],
    "吴": [Work("w5", "压电陶瓷驱动器"), Work("w6", "压电精密定位")],
    "郑": [],
    "何": [Work("w1", "涤纶织物印染废水臭氧氧化")],
}


def test_ranks_by_the_three_best_works_and_shows_them():
    ranked = rank_people(WORKS, "印染废水怎么处理")
    assert [each.person for each in ranked][2:] == ["吴", "郑"]
    chen = next(each for each in ranked if each.person == "陈")
    assert [each.work for each in chen.evidence] == ["w2", "w1", "w3"]
    assert chen.score == sum(each.similarity for each in chen.evidence) / 3


def test_people_without_works_come_last_and_nothing_known_gives_zeros():
    assert rank_people(WORKS, "压电")[-1].person == "郑"
    assert {each.score for each in rank_people(WORKS, "xyz")} == {0.0}
    assert rank_people({}, "压电") == ()
    assert rank_people({"郑": []}, "压电")[0].score == 0.0
    assert len(rank_people(WORKS, "压电", top=2)) == 2
