"""The leaderboard as a LaTeX document of booktabs tables."""

from __future__ import annotations

from itertools import groupby

from embedbench.results.report.base import BEST, NOTHING, TIED, TextCell, TextTable, grids, problem_lines
from embedbench.results.table.board import Leaderboard

_HEAD = r"""% Compiles as it is. To put a table into a paper, copy it from \begin{table} to \end{table}
% and load booktabs, graphicx and textcomp, with T1 fonts.
\documentclass{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{textcomp}
\usepackage[a4paper,landscape,margin=1.5cm]{geometry}
\usepackage{booktabs}
\usepackage{graphicx}
\begin{document}
"""

_STRESS = {"": "{}", "best": r"\textbf{{{}}}", "tied": r"\underline{{{}}}"}

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "±": r"$\pm$",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "–": "--",
    "†": r"\textdagger{}",
    "‡": r"\textdaggerdbl{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
}


def render(board: Leaderboard) -> str:
    """A document that pdflatex compiles; a table wider than the page is scaled to its width."""
    tables = [_table(grid) for grid in grids(board)] or [f"{NOTHING}\n"]
    problems = [f"\\noindent {_escape(line)}\\par\n" for line in problem_lines(board)]
    return "\n".join([_HEAD, *tables, *problems, "\\end{document}\n"])


def _table(grid: TextTable) -> str:
    lines = [
        r"\begin{table}[htbp]",
        r"\centering",
        f"\\caption{{{_escape(grid.title)}. \\textbf{{{BEST}}}, \\underline{{{TIED}}}; {_escape(grid.legend)}.}}",
        r"\resizebox{\ifdim\width>\textwidth\textwidth\else\width\fi}{!}{%",
        f"\\begin{{tabular}}{{{''.join('r' if header.numeric else 'l' for header in grid.headers)}}}",
        r"\toprule",
        *_family_lines(grid),
        _line([_escape(header.name) for header in grid.headers]),
        r"\midrule",
        *(_line([_dress(cell) for cell in row]) for row in grid.rows),
        r"\bottomrule",
        r"\end{tabular}}",
        *(f"\\par\\smallskip\\footnotesize {_escape(note)}" for note in grid.notes),
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _family_lines(grid: TextTable) -> list[str]:
    """The families above their metrics, and the rules under them."""
    cells, rules, at = [], [], 1
    for family, headers in groupby(grid.headers, key=lambda header: header.family):
        width = len(list(headers))
        cells.append(f"\\multicolumn{{{width}}}{{c}}{{{_escape(family)}}}")
        if family:
            rules.append(f"\\cmidrule(lr){{{at}-{at + width - 1}}}")
        at += width
    return [_line(cells), " ".join(rules)]


def _line(cells: list[str]) -> str:
    return " & ".join(cells) + r" \\"


def _dress(cell: TextCell) -> str:
    return _STRESS[cell.stress].format(_escape(cell.text))


def _escape(text: str) -> str:
    """Text that LaTeX sets as it is; a letter that T1 fonts lack is named by its code point, as U+03B2."""
    return "".join(_SPECIAL.get(sign) or _plain(sign) for sign in " ".join(text.split()))


def _plain(sign: str) -> str:
    return sign if " " <= sign <= "~" or "¡" <= sign <= "ÿ" else f"U+{ord(sign):04X}"
