"""The page's script, run on its own tables by a JavaScript engine and the little of a document that it asks for."""

import json
import re

import pytest
import quickjs
from html_page import parse

from embedbench.results.report.html import render

# Tables, rows and cells of a document, from [{heads: [{name, text}], rows: [[{text, value}]]}].
DOCUMENT = """
class Cell {
  constructor(cell, index) {
    this.text = cell.text; this.className = cell.kind; this.cellIndex = index; this.attributes = {};
    this.dataset = cell.value === null ? {} : {value: cell.value};
  }
  getAttribute(name) { return name in this.attributes ? this.attributes[name] : null; }
  setAttribute(name, value) { this.attributes[name] = value; }
  removeAttribute(name) { delete this.attributes[name]; }
}
class Button {
  constructor(head, table) { this.near = {th: head, table}; this.listeners = []; }
  closest(tag) { return this.near[tag]; }
  addEventListener(name, listener) { if (name === "click") this.listeners.push(listener); }
  click() { for (const listener of this.listeners) listener(); }
}
class Table {
  constructor(table) {
    this.heads = table.heads.map((head, index) => new Cell(head, index));
    const rows = table.rows.map((row) => ({cells: row.map((cell, index) => new Cell(cell, index))}));
    const put = (...moved) => { this.tBodies[0].rows = [...rows.filter((row) => !moved.includes(row)), ...moved]; };
    this.tBodies = [{rows, append: put, replaceChildren: put}];
    this.buttons = this.heads.map((head) => new Button(head, this));
  }
  querySelectorAll(selector) {
    if (selector !== "th[aria-sort]") throw new Error(selector);
    return this.heads.filter((head) => head.getAttribute("aria-sort") !== null);
  }
}
const tables = TABLES.map((table) => new Table(table));
const document = {querySelectorAll(selector) {
  if (selector !== "thead button") throw new Error(selector);
  return tables.flatMap((table) => table.buttons);
}};
const shown = (table, column) => JSON.stringify(table.tBodies[0].rows.map((row) => row.cells[column].text));
const marks = (table) => JSON.stringify(table.heads.map((head) => head.getAttribute("aria-sort")));
"""


class Opened:
    """A page whose script has run."""

    def __init__(self, text):
        (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
        tables = []
        for row in parse(text).rows:
            cells = [{"text": c["text"], "kind": c.get("class", ""), "value": c.get("data-value")} for c in row]
            if "family" in cells[0]["kind"]:
                tables.append({"heads": None, "rows": []})
            elif tables[-1]["heads"] is None:
                tables[-1]["heads"] = cells
            else:
                tables[-1]["rows"].append(cells)
        self.engine = quickjs.Context()
        self.engine.eval(f"const TABLES = {json.dumps(tables)};\n{DOCUMENT}\n{script}")
        self.names = [[head["text"] for head in table["heads"]] for table in tables]
        self.given = tables

    def click(self, table, name):
        self.engine.eval(f"tables[{table}].buttons[{self.names[table].index(name)}].click()")

    def column(self, table, name):
        return json.loads(self.engine.eval(f"shown(tables[{table}], {self.names[table].index(name)})"))

    def marks(self, table):
        return dict(zip(self.names[table], json.loads(self.engine.eval(f"marks(tables[{table}])")), strict=True))


@pytest.fixture
def page(two_tables):
    return Opened(render(two_tables))


def numbers(page, name, rows):
    """Those of a column, as a script should bring them in order, and how many rows have none."""
    at = page.names[0].index(name)
    values = [row[at]["value"] for row in page.given[0]["rows"]]
    known = [(float(value), row) for value, row in zip(values, rows, strict=True) if value is not None]
    return known, [row for value, row in zip(values, rows, strict=True) if value is None]


def test_a_click_sorts_by_numbers_and_a_second_one_turns_it_round(page):
    name = "knn_accuracy ↑"
    rows = page.column(0, page.names[0][0])
    known, missing = numbers(page, name, rows)
    assert len({value for value, _ in known}) > 1
    page.click(0, name)
    down = [row for _, row in sorted(known, key=lambda pair: -pair[0])]
    assert page.column(0, page.names[0][0]) == [*down, *missing]
    assert page.marks(0)[name] == "descending"
    page.click(0, name)
    up = [row for _, row in sorted(known, key=lambda pair: pair[0])]
    assert page.column(0, page.names[0][0]) == [*up, *missing]  # what is missing stays last
    assert page.marks(0)[name] == "ascending"
    page.click(0, name)
    assert page.column(0, page.names[0][0]) == [*down, *missing]


def test_names_are_sorted_as_texts_and_one_column_alone_is_marked(page):
    first = page.names[0][0]
    page.click(0, "knn_accuracy ↑")
    page.click(0, first)
    assert page.column(0, first) == sorted(page.column(0, first), reverse=True)
    assert [name for name, mark in page.marks(0).items() if mark] == [first]


def test_the_other_tables_stay_as_they_are(page):
    before = page.column(1, page.names[1][0])
    page.click(0, "knn_accuracy ↑")
    assert page.column(1, page.names[1][0]) == before
    assert set(page.marks(1).values()) == {None}
