"""The bar of a sweep."""

from embedbench.sweep.bar import sweep_progress
from embedbench.sweep.points import make_trials
from embedbench.sweep.trial import Outcome


def test_bar_says_what_runs_and_how_many_are_done(capsys):
    trials = make_trials({"model": ["raw", "vae"], "data": ["digits"]}, ["--seed_everything", "4"])
    with sweep_progress(2) as report:
        report(trials, [])
        report(trials[1:], [Outcome(trials[0].run_id, "refused", "no")])
    out, err = capsys.readouterr()
    assert out == ""
    assert "1/2 runs" in err
    assert "vae s4 (1 failed)" in err
