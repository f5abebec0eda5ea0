"""The steps of one piece of work, on a terminal and elsewhere."""

import re
import sys
import time

import pytest

from embedbench.progress import screen
from embedbench.progress.step import Step
from embedbench.progress.step_display import steps_shown

PIECE = Step("score", 2, 9, "clustering: test")


def lines_of(capsys):
    return [line.removeprefix("embedbench: ") for line in capsys.readouterr().err.splitlines()]


@pytest.mark.parametrize(
    ("step", "line"),
    [
        (Step("fit", 30, 120), r"fit it: 30 of 120 steps, about 0:00:0\d left"),
        (Step("fit", 30, None), r"fit it: 30 steps"),
        (Step("embed", 0, 4), r"embed it: 0 of 4 steps"),
        (PIECE, r"score it, clustering: test \(3 of 9\) after 0:00:00"),
    ],
)
def test_without_a_terminal_it_says_now_and_then_how_far_it_is(step, line, monkeypatch, capsys):
    monkeypatch.setattr(screen, "_SECONDS_A_LINE", 0.02)
    with steps_shown("it") as tell:
        time.sleep(0.1)
        assert lines_of(capsys) == []
        tell(step)
        time.sleep(0.3)
    found = lines_of(capsys)
    assert len(found) > 1
    assert all(re.fullmatch(line, one) for one in found), found


def test_the_time_left_is_that_of_the_part_alone(monkeypatch, capsys):
    monkeypatch.setattr(screen, "_SECONDS_A_LINE", 0.05)
    with steps_shown("it") as tell:
        tell(Step("fit", 0, 10))
        time.sleep(0.8)
        tell(Step("embed", 0, 10))
        tell(Step("embed", 1, 10))
        time.sleep(0.2)
    assert re.fullmatch(r"embed it: 1 of 10 steps, about 0:00:0[0123] left", lines_of(capsys)[-1])


def test_the_scoring_of_rows_is_said_at_once_and_what_is_short_is_not(capsys):
    with steps_shown("it") as tell:
        for step in (Step("fit", 0, 5), Step("score rows", 0, 7), Step("score rows", 1, 7), PIECE):
            tell(step)
    assert lines_of(capsys) == ["score rows of it: 0 of 7 steps"]


@pytest.mark.parametrize(
    ("step", "shown"),
    [
        (Step("fit", 30, 120, note="val/loss 0.5"), ["fit it", "30/120 steps", "left val/loss 0.5"]),
        (Step("fit", 30, None), ["fit it", "30 steps"]),
        (PIECE, ["score it, clustering: test", "2/9 parts"]),
    ],
)
def test_a_terminal_shows_a_bar_and_is_left_empty(step, shown, monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(screen, "_DRAWINGS_A_SECOND", 50)
    monkeypatch.setenv("COLUMNS", "120")
    with steps_shown("it") as tell:
        tell(step)
        time.sleep(0.3)
    err = capsys.readouterr().err
    assert "starting it ..." in err
    assert all(part in err for part in shown)
    assert err.endswith("\x1b[1A\x1b[2K")  # the line above is cleared


def test_an_error_passes_and_ends_the_lines(monkeypatch, capsys):
    monkeypatch.setattr(screen, "_SECONDS_A_LINE", 0.02)
    with pytest.raises(ZeroDivisionError), steps_shown("it") as tell:
        tell(PIECE._replace(done=1 // 0))
    capsys.readouterr()
    time.sleep(0.1)
    assert capsys.readouterr().err == ""
