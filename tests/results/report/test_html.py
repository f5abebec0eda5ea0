from html_page import parse

from embedbench.results.report.html import render


def test_the_page_is_well_formed_and_stands_alone(two_tables):
    text = render(two_tables)
    page = parse(text)
    assert text.startswith("<!DOCTYPE html>")
    assert not [a for a in page.attributes if a[1] in ("src", "href", "action", "background") or a[0] == "link"]
    assert "http" not in text
    assert "@import" not in text
    assert "url(" not in text
    assert "color-scheme: light dark" in text


def test_cells_carry_values_to_sort_by_and_missing_ones_none(board):
    rows = parse(render(board)).rows
    names, body = rows[1], rows[2:]
    assert sum(int(cell["colspan"]) for cell in rows[0]) == len(names)
    assert {len(row) for row in body} == {len(names)}
    at = [cell["text"] for cell in names].index("knn_accuracy ↑")
    values = {row[0]["data-value"]: row[at].get("data-value") for row in body}
    expected = {row.label: row.cells.get("probe/knn_accuracy") for row in board.tables[0].rows}
    assert values == {label: None if cell is None else str(cell.mean) for label, cell in expected.items()}


def test_names_are_escaped(board, some_results):
    page = parse(render(board))
    nasty = some_results[-1].model
    assert f"{nasty} †" in [row[0]["text"] for row in page.rows]
    assert "i" not in {tag for tag, *_ in page.attributes}
    assert "<i>" not in render(board)
    assert board.problems[0] in page.text
    assert "<strong>0.930 ± 0.020</strong>" in render(board)
