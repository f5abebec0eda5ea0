"""What reaches a terminal."""

import os

import pytest

from embedbench.say import say, terminal_width, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("cat", "cat"),
        ("café 中 ± 👩‍🚀", "café 中 ± 👩‍🚀"),
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("a\r\nb\tc", r"a\r\nb\tc"),
        ("\x9b2J\x7f\x00", r"\x9b2J\x7f\x00"),
        ("\u202egpj.exe\u202c", r"\u202egpj.exe\u202c"),
        ("\u2066x\u2069\u2028", r"\u2066x\u2069\u2028"),
        ("z\udcff.npz", r"z\udcff.npz"),
    ],
)
def test_what_steers_is_written_out(text, shown, capsys):
    assert visible(text) == shown
    say(text)
    assert capsys.readouterr() == ("", f"embedbench: {shown}\n")


@pytest.mark.parametrize(("told", "width"), [("40", 40), ("", 120), ("0", 120), ("-3", 120), ("wide", 120)])
def test_width(told, width, monkeypatch):
    monkeypatch.setenv("COLUMNS", told)
    assert terminal_width() == width


def test_width_of_a_terminal(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setattr("os.get_terminal_size", lambda *_: os.terminal_size((64, 24)))
    assert terminal_width() == 64
