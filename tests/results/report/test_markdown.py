import re

from embedbench.results.report.markdown import render
from embedbench.results.table.board import Leaderboard


def cells(line):
    return re.split(r"(?<!\\)\|", line)


def test_every_line_of_a_table_has_as_many_cells(two_tables):
    blocks = [[line for line in part.splitlines() if line.startswith("|")] for part in render(two_tables).split("###")]
    blocks = [block for block in blocks if block]
    assert [len(block) for block in blocks] == [2 + 5, 2 + 1]
    for block in blocks:
        assert len({len(cells(line)) for line in block}) == 1
        assert re.fullmatch(r"[|:\- ]+", block[1])


def test_stress_and_escapes(board):
    text = render(board)
    assert "**0.930 ± 0.020**" in text
    assert "| probe<br>knn\\_accuracy ↑ |" in text
    assert r"50%\_a \& b \#1 \$x\$ \{\~^\} \\ \<i\>\|\*\`\_\\" in text
    assert "<i>" not in text


def test_a_tie_is_underlined(make_result):
    accuracy = {"a": [0.8, 1.0], "b": [0.85]}
    results = [
        make_result(model, seed, {"probe/knn_accuracy": value})
        for model, values in accuracy.items()
        for seed, value in enumerate(values)
    ]
    assert "<ins>0.850</ins>" in render(Leaderboard(results))
