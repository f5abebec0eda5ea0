"""How far a sweep is, on a terminal and elsewhere."""

import re
import sys
import time

import pytest

from embedbench.progress import screen
from embedbench.progress.step import Step
from embedbench.sweep.bar import sweep_progress
from embedbench.sweep.points import make_trials
from embedbench.sweep.trial import Outcome, Running


@pytest.fixture
def trials():
    return make_trials({"model": ["raw", "vae"], "data": ["digits"]}, ["--seed_everything", "4"])


def test_a_terminal_shows_each_run_with_its_step_and_how_many_are_done(trials, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(screen, "_DRAWINGS_A_SECOND", 50)
    monkeypatch.setenv("COLUMNS", "120")
    with sweep_progress(trials, 2) as report:
        report([Running(trials[0], None), Running(trials[1], Step("fit", 1, 500))], [])
        time.sleep(0.3)
        running = [Running(trials[1], Step("score", 2, 9, "clustering: test"))]
        report(running, [Outcome(trials[0].run_id, "refused", "no")])
    out, err = capsys.readouterr()
    assert out == ""
    assert "raw s4" in err
    assert "vae s4  fit 1/500" in err
    assert re.search(r"0/2 runs done after 0:00:00, about 0:0\d:\d\d left", err)
    assert "vae s4  score clustering: test (3 of 9)" in err
    assert re.search(r"1/2 runs done after 0:00:0\d.* \(1 failed\)", err)


def test_without_a_terminal_each_end_is_a_line(trials, capsys):
    ended = [Outcome(trials[0].run_id, "finished"), Outcome(trials[1].run_id, "failed", "no")]
    with sweep_progress(trials, 2) as report:
        report([Running(trial, None) for trial in trials], [])
        report([Running(trials[1], Step("fit", 500, 1000))], ended[:1])
        report([], ended)
    first, second = capsys.readouterr().err.splitlines()
    assert re.fullmatch(r"embedbench: 1/2 runs done: raw s4 finished, about 0:00:0\d left", first)
    assert second == "embedbench: 2/2 runs done: vae s4 failed"


def test_without_a_terminal_it_says_now_and_then_what_is_at_work(trials, capsys, monkeypatch):
    monkeypatch.setattr(screen, "_SECONDS_A_LINE", 0.05)
    with sweep_progress(trials, 2) as report:
        time.sleep(0.2)
        report([Running(trials[0], None), Running(trials[1], Step("fit", 0, 500))], [])
        time.sleep(0.2)
        report([Running(trials[0], None), Running(trials[1], Step("fit", 250, 500))], [])
        time.sleep(0.5)
    lines = [line.removeprefix("embedbench: ") for line in capsys.readouterr().err.splitlines()]
    assert lines[0] == "0/2 runs done after 0:00:00; starting"
    assert "0/2 runs done after 0:00:00; raw s4, vae s4 fit 0/500" in lines
    assert re.fullmatch(r"0/2 runs done after 0:00:01, about 0:00:0\d left; raw s4, vae s4 fit 250/500", lines[-1])
