"""Losses of every model in one, two and three processes: val/loss, which chooses weights, is the same in all."""

import itertools
import json
import os
from pathlib import Path

import pytest
import warm

from embedbench.catalog import names

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SCRIPT = Path(__file__).with_name("validations.py")
GROUPS = 1, 2, 3
SOME = ["--threads", "1", "--data.batch_size"]
# Validation rows that come in 4, 2 and 3 batches, the last a short one: neither 2 nor 3 processes share all evenly.
FEW = ["--data", "digits", "--data.train_rows", "288", "--data.test_rows", "61", *SOME, "8"]
TABLE = ["--data", "wine", "--data.train_rows", "141", "--data.test_rows", "35", *SOME, "8"]
TEXTS = ["--data", "wordnet5k", "--data.train_rows", "1206", "--data.test_rows", "61", *SOME, "50"]
MORE = {
    "iwae-vamp": ["vae", *FEW, "--model.importance_samples", "3", "--model.prior", "vamp"],
    "contrastive-table": ["contrastive", *TABLE],
    "contrastive-texts": ["contrastive", *TEXTS],
    "distance_preserving-geodesic": ["distance_preserving", *FEW, "--model.distance", "geodesic"],
    "neighbor_embedding-infonce": ["neighbor_embedding", *FEW, "--model.loss", "infonce"],
}


@pytest.fixture(scope="module")
def said(tmp_path_factory, fitting):
    """What every process of every group wrote down: ``said[processes][rank][model]``."""
    folder = tmp_path_factory.mktemp("validations")
    requests = {name: fitting(name, FEW, TABLE, TEXTS) for name in names("conf/model")}
    requests |= {name: ["--model", *words] for name, words in MORE.items()}
    plan = {"requests": requests, "groups": GROUPS, "folder": str(folder)}
    (folder / "plan.json").write_text(json.dumps(plan), encoding="utf8")
    env = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = warm.ended([SCRIPT, folder / "plan.json"], folder, env, timeout=560)
    assert done.returncode == 0, done.stderr[-4000:]

    def read(processes, rank):
        return json.loads((folder / f"{processes}.{rank}.json").read_text(encoding="utf8"))

    return {processes: [read(processes, rank) for rank in range(processes)] for processes in GROUPS}


@pytest.mark.parametrize("model", [*sorted(names("conf/model")), *MORE])
def test_losses_are_those_of_all_ranks(model, said):
    alone = said[1][0][model]
    if alone is None:
        assert all(one[model] is None for ranks in said.values() for one in ranks)
        return
    assert len(alone["validations"]) == 2
    for ranks in said.values():
        for one in ranks:
            assert set(one[model]["validations"][0]) == set(alone["validations"][0])
            for mine, its in zip(one[model]["validations"], alone["validations"], strict=True):
                assert mine == pytest.approx(its, rel=1e-5, abs=1e-7)
        assert all(one[model]["logged"] == ranks[0][model]["logged"] for one in ranks)
        steps = zip(ranks[0][model]["logged"], *(one[model]["own"] for one in ranks), strict=True)
        for logged, *own in steps if ranks[0][model]["own"] else ():
            mean = {name: sum(one[name] for one in own) / len(own) for name in logged}
            assert logged == pytest.approx(mean, rel=1e-5, abs=1e-7)


def test_most_models_have_a_loss_that_ranks_share(said):
    """The comparison is of something: ranks have losses of their own in training, and many models have any."""
    fitted = {name: one for name, one in said[2][0].items() if one is not None}
    assert len(fitted) >= 20
    for name, one in fitted.items():
        assert one["own"] != said[2][1][name]["own"] or not one["own"], name
    assert len(list(itertools.chain(*(one["own"] for one in fitted.values())))) >= 40
