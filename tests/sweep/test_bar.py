"""How far a sweep is, on a terminal and elsewhere."""

import sys
import time

import pytest

from embedbench.sweep import bar
from embedbench.sweep.bar import sweep_progress
from embedbench.sweep.points import make_trials
from embedbench.sweep.trial import Outcome


@pytest.fixture
def trials():
    return make_trials({"model": ["raw", "vae"], "data": ["digits"]}, ["--seed_everything", "4"])


def test_bar_says_what_runs_and_how_many_are_done(trials, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with sweep_progress(2) as report:
        report(trials, [])
        report(trials[1:], [Outcome(trials[0].run_id, "refused", "no")])
    out, err = capsys.readouterr()
    assert out == ""
    assert "1/2" in err
    assert "vae s4 (1 failed)" in err


def test_without_a_terminal_each_end_is_a_line(trials, capsys):
    ended = [Outcome(trials[0].run_id, "finished"), Outcome(trials[1].run_id, "failed", "no")]
    with sweep_progress(2) as report:
        report(trials, [])
        report(trials[1:], ended[:1])
        report([], ended)
    assert capsys.readouterr().err.splitlines() == [
        "embedbench: 1/2 runs done: raw s4 finished",
        "embedbench: 2/2 runs done: vae s4 failed",
    ]


def test_without_a_terminal_it_says_now_and_then_what_is_at_work(trials, capsys, monkeypatch):
    monkeypatch.setattr(bar, "_BEAT_SECONDS", 0.05)
    with sweep_progress(2) as report:
        report(trials, [])
        report(trials[1:], [Outcome(trials[0].run_id, "finished")])
        time.sleep(0.5)
    lines = capsys.readouterr().err.splitlines()[1:]
    assert lines
    assert lines[0].startswith("embedbench: 1/2 runs done after 0:00:0")
    assert lines[0].endswith(" left; vae s4")
