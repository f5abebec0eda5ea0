"""About how long a sweep still takes, against sums by hand and a sweep that is played through."""

import pytest

from embedbench.progress.step import Step
from embedbench.sweep.points import make_trials
from embedbench.sweep.time_left import TimeLeft
from embedbench.sweep.trial import Outcome, Running


@pytest.fixture
def trials():
    grid = {"model": ["pca", "vae"], "data": ["digits"], "seed_everything": [0, 1]}
    return sorted(make_trials(grid, []), key=lambda trial: (trial.request["model_name"], trial.run_id))


def finished(*trials):
    return [Outcome(trial.run_id, "finished") for trial in trials]


def test_nothing_is_foretold_before_the_first_step(trials):
    left = TimeLeft(trials, 1)
    assert left.seconds(0) is None
    left.see([Running(trials[0], None)], [], 0)
    assert left.seconds(5) is None
    left.see([Running(trials[0], Step("fit", 0, 100))], [], 5)
    assert left.seconds(6) is None


def test_before_any_run_has_ended_it_goes_by_the_share_of_steps(trials):
    left = TimeLeft(trials, 1)
    left.see([Running(trials[0], Step("fit", 0, 100))], [], 0)
    left.see([Running(trials[0], Step("fit", 10, 100))], [], 2)
    assert left.seconds(2) == pytest.approx(18 + 3 * 20)  # 20 s a fit: what is left of this one, and three more
    assert left.seconds(12) == pytest.approx(108 + 3 * 120)  # no step since: it is slower than it seemed


def test_what_has_no_fit_tells_nothing_of_what_has_one(trials):
    left = TimeLeft(trials, 1)
    pca, vae = trials[0], trials[2]
    left.see([Running(pca, Step("embed", 0, 1))], [], 0)
    left.see([], finished(pca), 1)
    assert left.seconds(1) is None
    left.see([Running(vae, Step("fit", 0, 100))], finished(pca), 1)
    left.see([Running(vae, Step("fit", 10, 100))], finished(pca), 2)
    assert left.seconds(2) == pytest.approx(
        9 + 1 + 10 + 1 + 1
    )  # each embeds for as long as the first, and pca has no fit


def test_work_is_shared_out_but_no_run_ends_before_its_own_time(trials):
    left = TimeLeft(trials, 4)
    starts = [Running(trial, Step("fit", 0, 100)) for trial in trials]
    left.see(starts, [], 0)
    left.see(
        [Running(trial, Step("fit", done, 100)) for trial, done in zip(trials, (50, 50, 50, 10), strict=True)], [], 5
    )
    assert left.seconds(5) == pytest.approx(45)


def test_parts_of_ended_runs_tell_for_their_model_and_for_those_that_had_none(trials):
    left = TimeLeft(trials, 1)
    pca, vae = trials[0], trials[2]
    left.see([Running(pca, None)], [], 0)
    left.see([Running(pca, Step("fit", 0, 1))], [], 1)
    left.see([Running(pca, Step("score", 0, 9, "latent: val"))], [], 2)
    left.see([], finished(pca), 6)
    # 1 s of start, 1 of fit, 4 of scoring: three times more
    assert left.seconds(6) == pytest.approx(18)
    left.see([Running(vae, None)], finished(pca), 6)
    left.see([Running(vae, Step("fit", 0, 100))], finished(pca), 7)
    left.see([Running(vae, Step("fit", 50, 100))], finished(pca), 17)
    # its own fit has 10 s left and scoring follows; the next vae takes 1 + 20 + 4, the next pca 6
    assert left.seconds(17) == pytest.approx(10 + 4 + 25 + 6)


def test_a_part_that_runs_of_the_model_did_not_have_takes_nothing(trials):
    left = TimeLeft(trials, 1)
    pca, vae = trials[0], trials[2]
    left.see([Running(vae, Step("score rows", 0, 10))], [], 0)
    left.see([], finished(vae), 100)
    left.see([Running(pca, Step("fit", 0, 1))], finished(vae), 100)
    left.see([], finished(vae, pca), 103)
    assert left.seconds(103) == pytest.approx(100 + 3)


def test_a_run_that_failed_foretells_nothing(trials):
    left = TimeLeft(trials, 1)
    left.see([Running(trials[0], Step("fit", 0, 10))], [], 0)
    left.see([], [Outcome(trials[0].run_id, "failed")], 1)
    assert left.seconds(1) is None


def test_the_end_of_a_sweep_is_foretold_within_a_tenth_from_half_of_its_first_fit(trials):
    """Four fits of 40 s by one worker, 2 s of start before each and 3 s of scoring behind, seen once a second."""
    left, outcomes, now, errors = TimeLeft(trials, 1), [], 0.0, []
    whole = 4 * 45.0
    for trial in trials:
        for second in range(45):
            step = (
                None
                if second < 2
                else Step("fit", 25 * (second - 2), 1000)
                if second < 42
                else Step("score", 0, 9, "a")
            )
            left.see([Running(trial, step)], outcomes, now)
            if now >= 22:
                errors.append(abs(left.seconds(now) - (whole - now)) / whole)
            now += 1
        outcomes = [*outcomes, *finished(trial)]
    assert max(errors) < 0.1
