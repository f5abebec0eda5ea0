"""The nearest known name, and few enough of the others."""

import pytest

from embedbench.errors import unknown

KEYS = ["--trainer.max_epochs", "--trainer.max_steps", "--trainer.min_steps", "--trainer.callbacks"]


@pytest.mark.parametrize(
    ("name", "known", "near"),
    [
        ("pac", ["pca", "vae"], "pca"),
        ("PCA", ["pca", "vae"], "pca"),
        ("--seed", ["--seeds", "--seed_everything", "--suite"], "--seeds"),
        ("--trainer.max_step", KEYS, "--trainer.max_steps"),
        ("--trainer.maxsteps", KEYS, "--trainer.max_steps"),
        ("clustering/nmj", ["clustering/ami", "clustering/nmi", "probe"], "clustering/nmi"),
        ("supervisd", ["supervised", "supervised_contrastive"], "supervised"),
    ],
)
def test_nearest(name, known, near):
    assert f"unknown thing {name!r}; did you mean {near!r}? Known: " in str(unknown("thing", name, known))


@pytest.mark.parametrize(("name", "known"), [("--data.xyz", ["--data.batch_size"]), ("", ["pca"])])
def test_nothing_is_near(name, known):
    """A prefix that all names share doesn't make them alike."""
    assert str(unknown("key", name, known)).startswith(f"unknown key {name!r}. Known: ")


def test_nothing_is_known():
    assert str(unknown("key", "--model.x", [])) == "unknown key '--model.x'; there is none here, leave it out."


def test_of_many_names_the_nearest_are_shown():
    known = [f"{letter}_{number}" for letter in "abc" for number in range(10)]
    message = str(unknown("key", "b_77", known))
    listed = message.partition("Nearest of 30: ")[2].removesuffix(".").split(", ")
    assert "did you mean 'b_7'?" in message
    assert len(listed) == 12
    assert "b_7" in listed
