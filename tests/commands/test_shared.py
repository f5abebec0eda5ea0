"""What the sub-commands share."""

import argparse
from pathlib import Path

import pytest

from embedbench.commands.shared import add_run_options, check_keys, run_options, seconds, split_names
from embedbench.errors import UsageError


def parsed(*argv):
    parser = argparse.ArgumentParser()
    add_run_options(parser)
    return parser.parse_args(argv)


def test_run_options():
    options = run_options(parsed("--runs", "there", "--wandb", "mine", "--wandb_mode", "offline"))
    assert (options.runs, options.wandb, options.wandb_mode) == (Path("there"), "mine", "offline")
    assert not options.keep_embeddings
    assert run_options(parsed("--keep_embeddings")).keep_embeddings


def test_split_names():
    assert split_names("--models", None) is None
    assert split_names("--models", " pca, vae,") == ["pca", "vae"]
    with pytest.raises(UsageError, match="--models names nothing"):
        split_names("--models", " ,")


def test_keys_of_the_request_and_of_the_command_are_known():
    check_keys(parsed(), ["--model", "pca", "--model.anything=3", "--config", "x", "--threads=2"])
    with pytest.raises(UsageError, match="'--keep_embeddinks'; did you mean '--keep_embeddings'"):
        check_keys(parsed(), ["--keep_embeddinks=1"])


@pytest.mark.parametrize(("text", "expected"), [("90", 90), ("1.5s", 1.5), ("30m", 1800), ("2h", 7200), (None, None)])
def test_times(text, expected):
    assert seconds("--trial_timeout", text) == expected


@pytest.mark.parametrize("text", ["8761h", "9" * 30, "9" * 400])
def test_time_beyond_every_clock_is_refused(text):
    with pytest.raises(UsageError, match=r"--trial_timeout must be at most a year, 8760h, got "):
        seconds("--trial_timeout", text)


@pytest.mark.parametrize("text", ["", "0", "0m", "-3", "1d", "1h30m", "nan"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(UsageError, match=r"--trial_timeout must be a time such as 90s, 30m or 2h, got "):
        seconds("--trial_timeout", text)
