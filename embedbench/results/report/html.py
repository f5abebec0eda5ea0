"""The leaderboard as one self-contained HTML page."""

from __future__ import annotations

from html import escape
from itertools import groupby

from embedbench.results.report.base import BEST, NOTHING, TIED, TextCell, TextTable, grids, problem_lines
from embedbench.results.table.board import Leaderboard

_STYLE = """
:root { color-scheme: light dark; --ink: #1a1c1f; --paper: #fff; --soft: #5d6570; --line: #d9dde2; --hover: #f3f5f7; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8ea; --paper: #15171a; --soft: #9aa3ad; --line: #353a40; --hover: #1f2226; }
}
body { margin: 2rem; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; } h2 { margin: 2rem 0 .5rem; font-size: 1.1rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; white-space: nowrap; }
th, td { padding: .3rem .7rem; text-align: right; }
thead tr:last-child th { border-bottom: 2px solid var(--line); }
tbody td, tbody th { border-bottom: 1px solid var(--line); }
tbody tr:hover { background: var(--hover); }
th { font-weight: 600; } .family { color: var(--soft); font-weight: 400; text-align: center; }
.text { text-align: left; } tbody th { font-weight: 400; }
button { padding: 0; border: 0; background: none; color: inherit; font: inherit; cursor: pointer; }
th[aria-sort=ascending] button::after { content: " ▴"; } th[aria-sort=descending] button::after { content: " ▾"; }
p, li { color: var(--soft); } strong, u { color: var(--ink); }
"""

# A click sorts by the column, a second one turns it round; missing values stay last.
_SCRIPT = """
for (const button of document.querySelectorAll("thead button")) {
  button.addEventListener("click", () => {
    const head = button.closest("th"), table = button.closest("table"), body = table.tBodies[0];
    const column = head.cellIndex, down = head.getAttribute("aria-sort") !== "descending";
    for (const other of table.querySelectorAll("th[aria-sort]")) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const key = (row) => row.cells[column].dataset.value;
    const compare = (a, b) => (head.className === "text" ? a.localeCompare(b) : a - b);
    const rows = [...body.rows].sort((a, b) => {
      const x = key(a), y = key(b);
      if (x === undefined || y === undefined) return (x === undefined) - (y === undefined);
      return down ? compare(y, x) : compare(x, y);
    });
    body.append(...rows);
  });
}
"""

_STRESS = {"": "{}", "best": "<strong>{}</strong>", "tied": "<u>{}</u>"}


def render(board: Leaderboard) -> str:
    """A page that needs nothing beside itself: tables sorted by a click on a heading, light and dark."""
    sections = [_section(grid) for grid in grids(board)] or [f"<p>{NOTHING}</p>"]
    problems = [f"<p>{escape(line)}</p>" for line in problem_lines(board)]
    return "\n".join(
        [
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>embedbench leaderboard</title>\n<style>{_STYLE}</style>\n</head>\n<body>",
            "<h1>embedbench leaderboard</h1>",
            *sections,
            *problems,
            f"<script>{_SCRIPT}</script>\n</body>\n</html>\n",
        ]
    )


def _section(grid: TextTable) -> str:
    kinds = ["" if header.numeric else ' class="text"' for header in grid.headers]
    names = [
        f'<th scope="col"{kind}><button type="button">{escape(header.name)}</button></th>'
        for kind, header in zip(kinds, grid.headers, strict=True)
    ]
    notes = "".join(f"<li>{escape(note)}</li>" for note in grid.notes)
    return "\n".join(
        [
            f'<h2>{escape(grid.title)}</h2>\n<div class="scroll"><table>\n<thead>',
            f"<tr>{_families(grid)}</tr>\n<tr>{''.join(names)}</tr>\n</thead>\n<tbody>",
            *(_row(row, kinds) for row in grid.rows),
            f"</tbody>\n</table></div>\n<p><strong>{BEST}</strong>, <u>{TIED}</u>; {escape(grid.legend)}.</p>",
            f"<ul>{notes}</ul>" if notes else "",
        ]
    )


def _families(grid: TextTable) -> str:
    """The upper line of headings: each family over its columns."""
    groups = [(family, len(list(headers))) for family, headers in groupby(grid.headers, key=lambda h: h.family)]
    return "".join(f'<th class="family" colspan="{width}">{escape(family)}</th>' for family, width in groups)


def _row(row: list[TextCell], kinds: list[str]) -> str:
    cells = []
    for number, (cell, kind) in enumerate(zip(row, kinds, strict=True)):
        tag = 'th scope="row"' if number == 0 else "td"
        value = "" if cell.value is None else f' data-value="{escape(str(cell.value))}"'
        cells.append(f"<{tag}{kind}{value}>{_STRESS[cell.stress].format(escape(cell.text))}</{tag[:2]}>")
    return f"<tr>{''.join(cells)}</tr>"
