import pytest

from keqiao.engines.expressions import ProblemsFound, document_of

TEXT = """\
id: demo
require:
  - {key: a, when: '研发 >= 3'}
  - key: b
    when: "x"
"""


def test_every_value_knows_its_line() -> None:
    document = document_of(TEXT, "demo.yaml")
    assert document.data["require"][0] == {"key": "a", "when": "研发 >= 3"}
    assert document.place("require", 0, "when") == (3, 21)
    assert document.place("require", 1, "when", "nothing") == (5, 12)
    problem = document.problem("E1", "错", "改", "require", 1, "key", value="b")
    assert str(problem) == "demo.yaml:4:10: E1 [require.1.key] 值“b” 错 处理办法:改"


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [("a: 1\na: 2\n", "E003", 2), ("a: {b: f(x, y): 3\n", "E002", 2), ("a: [1,\nb: 2", "E002", 3)],
)
def test_broken_files(text: str, code: str, line: int) -> None:
    with pytest.raises(ProblemsFound) as error:
        document_of(text, "x.yaml")
    assert error.value.problems[0].code == code
    assert error.value.problems[0].line == line
