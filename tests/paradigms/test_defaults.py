"""Defaults shrink to what few rows, features and words allow, and say so; what is asked for is refused as before."""

import numpy as np
import pytest

from embedbench.errors import UsageError
from embedbench.paradigms.classical.factor_analysis import FactorAnalysis
from embedbench.paradigms.classical.pca import PCA
from embedbench.paradigms.classical.ppca import PPCA
from embedbench.paradigms.clustering.clusterer import count_clusters
from embedbench.paradigms.clustering.n2d import N2D
from embedbench.paradigms.relational.distance_preserving import DistancePreserving
from embedbench.paradigms.relational.neighbor_embedding import NeighborEmbedding
from embedbench.request.options import Options
from embedbench.request.request import build_request
from embedbench.run.execute import execute
from embedbench.types import DataSpec

RNG = np.random.default_rng(0)
WIDE = DataSpec("tabular", (200,), 9, "classes", ("a", "b"))


def test_latent_size_stays_below_the_rows():
    assert (WIDE.usual_latent_dim, WIDE.latent_dim) == (32, 8)
    model = PCA(WIDE)
    assert (model.latent_dim, model.notes) == (8, ["latent size 8 in place of 32, for 9 train rows"])
    assert PCA(WIDE, 5).notes == PCA(WIDE._replace(n_rows=40)).notes == []
    with pytest.raises(UsageError, match="must be in"):
        PCA(WIDE, 10)


@pytest.mark.parametrize("make", [FactorAnalysis, PPCA])
def test_factors_stay_below_the_features(make):
    spec = DataSpec("tabular", (2,), 100, "none")
    assert make(spec).latent_dim == 1
    assert make(spec).notes == ["latent size 1 in place of 2, for 2 features"]
    with pytest.raises(UsageError, match="must be in"):
        make(spec, 2)


@pytest.mark.parametrize("make", [FactorAnalysis, PPCA])
def test_factors_leave_rows_to_the_noise(make):
    """Of 9 rows 8 factors explain all: by default the noise rests on half of them, asked for on one at least."""
    assert make(WIDE).latent_dim == 4
    assert make(WIDE).notes == ["latent size 4 in place of 32, for 9 train rows"]
    assert make(WIDE, 7).notes == make(WIDE._replace(n_rows=65)).notes == []
    with pytest.raises(UsageError, match=r"must be in \[1, 7\] for 9 rows of 200 features, got 8"):
        make(WIDE, 8)


@pytest.mark.parametrize(("make", "usual"), [(N2D, 20), (NeighborEmbedding, 15), (DistancePreserving, 10)])
def test_neighbours_stay_below_the_rows(make, usual):
    assert make(WIDE).neighbors == 8
    assert f"8 neighbours in place of {usual}, for 9 train rows" in make(WIDE).notes
    enough = make(WIDE._replace(n_rows=100))
    assert (enough.neighbors, enough.notes) == (usual, [])
    with pytest.raises(UsageError, match="must be in"):
        make(WIDE, neighbors=9)


def test_without_classes_the_clusters_are_counted_in_the_rows():
    assert count_clusters("dec", "classes", DataSpec("tabular", (3,), 100, "none")) == list(range(2, 21))
    assert count_clusters("dec", "classes", DataSpec("tabular", (3,), 3, "classes", tuple("abcdef"))) == [3]


def finished(tmp_path, *words):
    """The result of a short run, which has to finish."""
    request = build_request([*words, "--trainer.max_steps", "2", "--suite.metrics", "[probe, latent]"])
    result = execute(request, Options(runs=tmp_path, quiet=True))
    assert result.status == "finished", result.error
    return result


def written(path, x, label):
    rows = [",".join([*(f"{value:.4f}" for value in row), one]) for row, one in zip(x, label, strict=True)]
    path.write_text("\n".join([",".join([*(f"c{n}" for n in range(x.shape[1])), "y"]), *rows]) + "\n", encoding="utf8")
    return "--data", "table", "--data.path", str(path), "--data.label", "y"


def test_a_single_feature_has_a_component(tmp_path):
    data = written(tmp_path / "one.csv", RNG.normal(size=(60, 1)), ["x", "y"] * 30)
    assert finished(tmp_path, "--model", "pca", *data).latent_dim == 1


def test_constant_features_leave_factors_at_zero(tmp_path):
    x = np.hstack([np.ones((80, 6)), RNG.normal(size=(80, 2))])
    np.savez(tmp_path / "constant.npz", x=x, y=[0, 1] * 40)  # a table leaves constant columns out
    result = finished(
        tmp_path, "--model", "factor_analysis", "--data", "arrays", "--data.path", str(tmp_path / "constant.npz")
    )
    assert "1 of 2 factors, for 2 features vary: the others are 0" in result.notes
    assert result.metrics["test"]["latent/effective_rank"] == pytest.approx(1)


def test_probe_looks_at_all_rows_where_they_are_few(tmp_path):
    data = written(tmp_path / "few.csv", RNG.normal(size=(14, 3)), ["x", "y"] * 7)
    (note,) = [note for note in finished(tmp_path, "--model", "raw", *data).notes if "probe" in note]
    assert note.startswith("the nearest-neighbour probe has k = 10 in place of 20")


@pytest.mark.parametrize(("model", "said"), [
    ("tfidf_svd", "of 31 components, for 8 words count: the others are 0"),
    ("ppmi_svd", "latent size 7 in place of 64, for so few words or texts"),
    ("skip_gram", "latent size 7 in place of 64, for so few words or texts"),
])  # fmt: skip
def test_few_texts_of_few_words(model, said, tmp_path):
    words = ["roof", "blue", "offer", "invoice", "late", "order", "house", "tile"]
    lines = [f"{' '.join(RNG.choice(words, 3))},{'ab'[n % 2]}" for n in range(45)]
    (tmp_path / "mails.csv").write_text("\n".join(["text,y", *lines]), encoding="utf8")
    data = "--data", "text", "--data.path", str(tmp_path / "mails.csv"), "--data.label", "y"
    assert said in " ".join(finished(tmp_path, "--model", model, *data).notes)
