"""A budget of steps without an end, where a model parts it: refused before anything is written."""

import pytest

from embedbench.errors import UsageError
from embedbench.request.options import Options
from embedbench.request.request import build_request
from embedbench.run.execute import execute

ENDLESS = {
    "max_epochs": ("--trainer.max_steps", "-1", "--trainer.max_epochs", "-1"),
    "max_time": ("--trainer.max_steps", "-1", "--trainer.max_time", "00:00:00:05"),
}


@pytest.mark.parametrize("limit", ENDLESS)
@pytest.mark.parametrize("model", ["dec", "vade"])
def test_budget_without_an_end_is_refused(model, limit, tmp_path):
    request = build_request(["--model", model, "--data", "digits", *ENDLESS[limit]])
    wanted = rf"model `{model}` parts the budget of steps, which has no end here .* give --trainer.max_steps N or"
    with pytest.raises(UsageError, match=wanted):
        execute(request, Options(tmp_path / "runs", quiet=True))
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("limit", ENDLESS)
def test_rate_that_follows_what_has_no_end_is_refused(limit, tmp_path):
    request = build_request(["--model", "vae", "--data", "digits", "--lr_schedule", "cosine", *ENDLESS[limit]])
    with pytest.raises(UsageError, match="--lr_schedule follows the budget of steps, which has no end here"):
        execute(request, Options(tmp_path / "runs", quiet=True))
    assert not (tmp_path / "runs").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("n2d", (*ENDLESS["max_time"][:3], "00:00:00:01")),
        ("dec", ("--trainer.max_steps", "-1", "--trainer.max_epochs", "1")),
    ],
)
def test_what_has_an_end_or_needs_none_runs(model, words, tmp_path):
    few = ("--data.train_rows", "300", "--data.test_rows", "60", "--suite.metrics", "[probe]", "--threads", "1")
    request = build_request(["--model", model, "--data", "digits", *few, *words])
    assert execute(request, Options(tmp_path / "runs", quiet=True)).status == "finished"
