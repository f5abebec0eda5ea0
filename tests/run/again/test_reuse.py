"""A finished run used again, beyond what the commands' tests see."""

import numpy as np
import pytest

from embedbench.errors import UsageError
from embedbench.request.options import Options
from embedbench.results.record import Result
from embedbench.run.again.reuse import embed, rescore
from embedbench.run.execute import execute


@pytest.fixture
def run(request_of, tmp_path):
    execute(request_of("vae", "--suite.metrics", "[probe]"), Options(tmp_path, run_id="vae", quiet=True))
    return tmp_path / "vae"


def test_best_weights_are_the_ones_reused(run, monkeypatch):
    monkeypatch.setenv("EMBEDBENCH_CACHE_SIZE", "0")
    recorded = Result.read(run / "result.json").metrics
    found = rescore(run, []).assessed
    for split in ("val", "test"):
        assert found[split].metrics == pytest.approx(recorded[split], abs=1e-6)


def test_batch_size_does_not_matter(run, tmp_path):
    for name, more in (("a", []), ("b", ["--data.batch_size", "7"])):
        assert embed(run, more, "test", tmp_path / f"{name}.npy") == (60, 16)
    np.testing.assert_allclose(np.load(tmp_path / "a.npy"), np.load(tmp_path / "b.npy"), atol=1e-5)


@pytest.mark.parametrize(
    ("more", "output", "said"),
    [
        ([], "z.tsv", "--output must end in"),
        ([], "vae", "is a folder; name a file in it"),
        ([], "z.txt", "has no word vectors, which a .txt file is for"),
        ([], "none/z.npz", "there is no folder"),
        (["--data", "wine"], "z.npz", r"takes rows of shape \(1, 8, 8\), but the data have \(13,\)"),
        (["--trainer.accelerator", "tpux"], "z.npz", "--trainer is refused by Lightning"),
        (["--data.batch_sise", "7"], "z.npz", "did you mean '--data.batch_size'"),
    ],
)
def test_refused(more, output, said, run, tmp_path):
    with pytest.raises(UsageError, match=said):
        embed(run, more, "test", tmp_path / output)
    assert not (tmp_path / output).is_file()


def test_other_latent_size_than_the_weights_is_refused(run):
    with pytest.raises(UsageError, match=r"the weights of .*vae don't fit the model asked for"):
        rescore(run, ["--model.latent_dim", "3"])


def test_folder_without_configuration(run):
    (run / "config.yaml").unlink()
    with pytest.raises(UsageError, match=r"cannot read .*config.yaml"):
        rescore(run, [])
