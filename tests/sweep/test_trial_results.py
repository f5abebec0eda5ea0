"""What a sweep finds on disk and leaves there."""

import pytest

from embedbench.errors import UsageError
from embedbench.request.options import Options
from embedbench.results.record import Result
from embedbench.sweep.points import make_trials
from embedbench.sweep.trial import Outcome
from embedbench.sweep.trial_results import finished, load_results, record_failures, say_why


@pytest.fixture
def trials():
    return make_trials({"model": ["raw", "pca", "vae"], "data": ["digits"]}, [])


def lay(trial, runs, status, error=None):
    """A result as a run would leave it."""
    about = {
        "paradigm": "classical",
        "model": "m",
        "dataset": "d",
        "seed": 0,
        "started_at": "2026-01-01T00:00:00+00:00",
    }
    result = Result(run_id=trial.run_id, status=status, error=error, latent_dim=16, **about)
    result.write(runs / trial.run_id)
    return result


def read(trial, runs):
    return Result.read(runs / trial.run_id / "result.json")


@pytest.mark.parametrize(("status", "expected"), [("finished", True), ("failed", False), ("running", False)])
def test_finished(status, expected, trials, tmp_path):
    lay(trials[0], tmp_path, status)
    assert finished(trials[0], tmp_path) is expected
    assert not finished(trials[1], tmp_path)


@pytest.mark.parametrize("text", ["{", '{"schema_version": 99}'])
def test_broken_or_newer_result_is_not_finished(text, trials, tmp_path):
    (tmp_path / trials[0].run_id).mkdir()
    (tmp_path / trials[0].run_id / "result.json").write_text(text, encoding="utf8")
    assert not finished(trials[0], tmp_path)


def test_results_come_in_the_order_of_the_trials(trials, tmp_path):
    for trial in (trials[2], trials[0]):
        lay(trial, tmp_path, "finished")
    assert [result.run_id for result in load_results(trials, tmp_path)] == [trials[0].run_id, trials[2].run_id]


def test_bad_input_is_recorded_where_others_ran(trials, tmp_path):
    lay(trials[0], tmp_path, "finished")
    lay(trials[1], tmp_path, "failed", "an older error")
    outcomes = [Outcome(trials[0].run_id, "finished"), Outcome(trials[1].run_id, "refused", "mend it.")]
    record_failures(trials, outcomes, Options(tmp_path, sweep={"id": "s"}))
    found = read(trials[1], tmp_path)
    assert (found.status, found.error, found.model, found.dataset) == ("failed", "mend it.", "pca", "digits")
    assert found.sweep == {"id": "s", "trial": trials[1].run_id}
    assert read(trials[0], tmp_path).status == "finished"
    assert not (tmp_path / trials[2].run_id).exists()


def test_all_bad_is_bad_input(trials, tmp_path):
    outcomes = [Outcome(trial.run_id, "refused", f"mend {number}.") for number, trial in enumerate(trials)]
    with pytest.raises(UsageError, match=r"^mend 0.$"):
        record_failures(trials, outcomes, Options(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_all_refused_of_what_was_missing_is_recorded(trials, tmp_path):
    lay(trials[0], tmp_path, "finished")
    record_failures(trials, [Outcome(trial.run_id, "refused", "no.") for trial in trials[1:]], Options(tmp_path))
    assert [read(trial, tmp_path).error for trial in trials] == [None, "no.", "no."]


def test_dead_process_completes_the_record_it_began(trials, tmp_path):
    begun = lay(trials[0], tmp_path, "running")
    record_failures(trials, [Outcome(trials[0].run_id, "crashed", "it died")], Options(tmp_path))
    found = read(trials[0], tmp_path)
    assert (found.status, found.error, found.latent_dim) == ("failed", "it died", begun.latent_dim)
    assert found.started_at == begun.started_at
    assert found.finished_at > begun.started_at


@pytest.mark.parametrize("before", [None, "failed"])
def test_dead_process_without_a_record_gets_one(before, trials, tmp_path):
    if before:
        lay(trials[0], tmp_path, before, "an older error")
    record_failures(trials, [Outcome(trials[0].run_id, "crashed", "it died")], Options(tmp_path))
    assert (read(trials[0], tmp_path).status, read(trials[0], tmp_path).error) == ("failed", "it died")


def test_run_that_recorded_its_own_failure_is_left_alone(trials, tmp_path):
    before = lay(trials[0], tmp_path, "failed", "its own words")
    record_failures(trials, [Outcome(trials[0].run_id, "failed", "other words")], Options(tmp_path))
    assert read(trials[0], tmp_path) == before


def test_trials_ended_with_the_sweep_say_what_ended_it(trials, tmp_path):
    lay(trials[0], tmp_path, "failed", "terminated")
    lay(trials[1], tmp_path, "failed", "its own words")
    say_why(trials, tmp_path, "interrupted")
    assert [read(trial, tmp_path).error for trial in trials[:2]] == ["interrupted", "its own words"]
    assert not (tmp_path / trials[2].run_id).exists()
