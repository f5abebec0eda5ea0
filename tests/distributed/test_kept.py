"""Kept embeddings and several processes: rank 0 looks, and all ranks embed, or none."""

import json

import pytest

FEW = ("--data.train_rows", "301", "--data.test_rows", "61", "--trainer.max_steps", "4", "--suite.metrics", "[latent]")
AGAIN = ("--run", "runs/ae", "--output")


@pytest.fixture(scope="module")
def here(tmp_path_factory, lane, run_lanes):
    """A run of two processes, scored again by as many with its cache and with an empty one, and then by one."""
    here = lane(tmp_path_factory.mktemp("kept"))
    caches = [{"EMBEDBENCH_CACHE": str(here.folder / name)} for name in ("full", "empty")]
    run = ("--model", "autoencoder", "--data", "digits", *FEW, "--run_id", "ae")
    here.add("run", "run", *run, processes=2, env=caches[0])
    here.add("hit", "evaluate", *AGAIN, "hit.json", processes=2, env=caches[0])
    here.add("miss", "evaluate", *AGAIN, "miss.json", processes=2, env=caches[1])
    here.add("one", "evaluate", *AGAIN, "one.json", "--trainer.strategy", "auto", env=caches[1])
    run_lanes(here)
    return here


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("hit", "no row was embedded again"),
        ("miss", "embedded train, val, test, of which no embeddings are kept"),
        ("one", "no row was embedded again"),
    ],
)
def test_ranks_agree(name, said, here):
    first, *others = here.ended(name)
    assert first.code == 0, first.log
    assert said in first.log
    assert all((other.code, said in other.log) == (0, False) for other in others)
    found = json.loads((here.folder / f"{name}.json").read_text(encoding="utf8"))
    recorded = here.result("ae")["metrics"]
    assert all(found[split] == pytest.approx(recorded[split], abs=1e-6) for split in ("val", "test"))
