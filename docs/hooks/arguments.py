"""Fills the page of arguments from the sources of the parts, as `embedbench list models NAME` shows them."""

from __future__ import annotations

from typing import Any

from embedbench.catalog import names
from embedbench.request.reference import Part, describe_encoder, describe_part, encoder_names

MARK = "<!-- arguments -->"


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Called by mkdocs with the text of every page."""
    return markdown.replace(MARK, "\n".join(_sections())) if MARK in markdown else markdown


def _sections() -> list[str]:
    lines: list[str] = []
    for title, group in (("Models", "model"), ("Data", "data"), ("Suite", "suite")):
        lines += ["", f"## {title}"]
        for name in sorted(names(f"conf/{group}")):
            lines += _section(name, describe_part(group, name))
    lines += ["", "## Encoders"]
    for name in encoder_names():
        lines += _section(name, describe_encoder(name))
    return lines


def _section(name: str, part: Part) -> list[str]:
    rows = []
    for one in part.arguments:
        default = f"`{one.default}`" if one.default else "needed"
        rows.append(f"| `{part.key}.{one.name}` | {default} | {one.accepted} | {_cell(one.meaning)} |")
    table = ["| argument | default | type | meaning |", "|---|---|---|---|", *rows] if rows else ["Takes no arguments."]
    return ["", f"### {name}", "", part.summary + ".", "", *table]


def _cell(text: str) -> str:
    """A text in a table, where a bar would end its cell."""
    return text.replace("|", "\\|")
