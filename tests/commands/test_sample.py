"""`embedbench sample`: pictures of a generative run, the same each time, and clear refusals."""

import sys

import pytest
from painted import pixels

pytestmark = pytest.mark.slow

ALWAYS = {"samples", "reconstructions", "traversals", "interpolation", "density", "posterior"}


@pytest.fixture(scope="module")
def runs(tmp_path_factory, command, few):
    """A folder with one small run of each kind."""
    folder = tmp_path_factory.mktemp("sample")
    table = ["--threads", "1", "--trainer.max_steps", "4", "--suite.metrics", "[probe]", "--suite.neighbors", "5"]
    for model, data in (("vae", "digits"), ("ppca", "digits"), ("pca", "digits"), ("vae", "wine")):
        argv = few if data == "digits" else table
        one = ["--model.latent_dim", "1"] if data == "wine" else []
        ended = command(folder, "run", "--model", model, "--data", data, *argv, *one, "--run_id", f"{model}-{data}")
        assert ended.code == 0, ended.err
    return folder


@pytest.mark.parametrize(("run", "more"), [("vae-digits", set()), ("ppca-digits", {"loadings"}), ("vae-wine", set())])
def test_pictures_are_written_and_repeat(run, more, runs, command, tmp_path):
    for place in ("one", "two"):
        ended = command(runs, "sample", f"runs/{run}", "--output", tmp_path / place)
        assert ended.code == 0, ended.err
    files = {path.stem: path for path in (tmp_path / "one").iterdir()}
    assert files.keys() == ALWAYS | more
    for path in files.values():
        picture = pixels(path.read_bytes())
        assert min(picture.shape[:2]) > 100
        assert (picture != 255).any(axis=2).mean() > 0.1  # more than letters on white
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_seed_and_coordinates_are_heard(runs, command, tmp_path):
    pairs = (["--joint", "x10,z3"], ["--joint", "z0,z1"])
    seen = []
    for number, argv in enumerate((*pairs, ["--seed", "1"], ["--seed", "2"])):
        output = tmp_path / str(number)
        ended = command(runs, "sample", "runs/vae-digits", "--output", output, "--rows", "3", *argv)
        assert ended.code == 0, ended.err
        seen.append(output)
    one, other, first, second = seen
    assert (one / "density.png").read_bytes() != (other / "density.png").read_bytes()
    assert (one / "samples.png").read_bytes() == (other / "samples.png").read_bytes()
    assert (first / "samples.png").read_bytes() != (second / "samples.png").read_bytes()


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (
            ["runs/pca-digits"],
            "the model pca of runs/pca-digits is not generative: it has no p(x|z) to sample or traverse",
        ),
        (["runs/nothing"], "holds no checkpoints/model.safetensors"),
        (["runs/vae-digits", "--rows", "0"], "--rows must be in [1, 60] and --bins in [2, 500], got 0 and 30"),
        (["runs/vae-digits", "--rows", "61"], "--rows must be in [1, 60]"),
        *(
            (["runs/vae-digits", "--seed", n], f"--seed must be a whole number in [0, {2**32 - 1}]")
            for n in ("-1", 2**64)
        ),
        (["runs/vae-digits", "--bins", "1"], "--bins in [2, 500], got 8 and 1"),
        (["runs/vae-digits", "--bins", "1000000"], "--bins in [2, 500], got 8 and 1000000"),
        (["runs/vae-digits", "--joint", "z0"], "--joint takes two coordinates such as z0,x12, got 'z0'"),
        (["runs/vae-digits", "--joint", "z0,z16"], "no coordinate 'z16'; there are z0 to z15 and x0 to x63"),
        (["runs/vae-digits", "--joint", "z0,y1"], "no coordinate 'y1'"),
        (["runs/vae-digits", "--given", "1000"], "--given 1000 is in a bin without rows"),
    ],
)
def test_bad_input_is_one_sentence_and_writes_nothing(argv, message, runs, command, tmp_path):
    ended = command(runs, "sample", *argv, "--output", tmp_path / "out")
    assert ended.code == 2
    assert message in ended.err
    assert "Traceback" not in ended.err
    assert not (tmp_path / "out").exists()


def test_missing_matplotlib_is_said(runs, command, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    ended = command(runs, "sample", "runs/vae-digits", "--output", tmp_path / "out")
    assert (ended.code, "pip install matplotlib" in ended.err) == (2, True)
