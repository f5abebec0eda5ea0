import numpy as np
import pytest
from cells import KINDS, cells

from embedbench.data.look.look import look
from embedbench.data.tables.anndata import AnnData
from embedbench.errors import UsageError
from embedbench.request.options import Options
from embedbench.request.request import build_request
from embedbench.run.again.reuse import embed
from embedbench.run.execute import execute

anndata = pytest.importorskip("anndata")


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("annotated") / "cells.h5ad"
    return path, cells(path)


def rows_of(data, split):
    """Numbers of a split's rows in the file."""
    table = data.split_table()
    return table["row"][table["split"] == split].to_numpy()


def test_features_are_standardised_by_train_rows_alone(file):
    path, made = file
    data = AnnData(path, label="cell_type")
    dense = made.X.toarray().astype(np.float64)
    train, test = rows_of(data, "train"), rows_of(data, "test")
    expected = (dense[test] - dense[train].mean(0)) / np.where(dense[train].std(0) > 0, dense[train].std(0), 1)
    np.testing.assert_allclose(data.tensors("test")[0].numpy(), expected, atol=1e-4)
    assert data.spec.classes == tuple(sorted(KINDS))
    names = np.array(data.spec.classes)[data.targets("test").numpy()]
    assert list(names) == list(made.obs["cell_type"].to_numpy()[test])


def test_values_may_stay_as_they_are(file):
    path, made = file
    data = AnnData(path, layer="counts", standardised=False)
    np.testing.assert_array_equal(data.tensors("val")[0].numpy(), made.layers["counts"].toarray()[rows_of(data, "val")])


def test_whole_numbers_are_said_to_look_like_counts(file):
    said = " ".join(AnnData(file[0], layer="counts").notes)
    assert "layer counts holds whole numbers, as raw counts are, and is taken as it is" in said
    assert not any("whole numbers" in note for note in AnnData(file[0]).notes)
    assert AnnData(file[0], obsm="X_pca").spec.shape == (10,)


def test_donors_stay_together(file):
    path, made = file
    data = AnnData(path, label="cell_type", split_by="donor_id", id="obs_names")
    table = data.split_table()
    assert list(table["id"]) == list(made.obs_names)
    assert table.groupby(made.obs["donor_id"].to_numpy())["split"].nunique().max() == 1


def test_rows_without_label_are_left_out(file, tmp_path):
    made = file[1].copy()
    made.obs.loc[made.obs_names[:7], "cell_type"] = None
    made.write_h5ad(tmp_path / "gaps.h5ad")
    data = AnnData(tmp_path / "gaps.h5ad", label="cell_type")
    assert sum(data.rows.values()) == 1_493
    assert min(min(rows_of(data, split)) for split in ("train", "val", "test")) == 7


def test_other_rows_are_found_by_the_names_of_their_features(file, tmp_path):
    path, made = file
    asked = build_request(
        ["--model", "pca", "--data", str(path), "--data.label", "cell_type", "--suite.metrics", "[latent]"]
    )
    execute(asked, Options(tmp_path, run_id="pca", quiet=True))
    made[:50, ::-1].copy().write_h5ad(tmp_path / "other.h5ad")
    embed(tmp_path / "pca", [], None, tmp_path / "z.npy", path)
    embed(tmp_path / "pca", [], None, tmp_path / "z.npz", tmp_path / "other.h5ad", "obs_names")
    found = np.load(tmp_path / "z.npz")
    np.testing.assert_allclose(found["z"], np.load(tmp_path / "z.npy")[:50], atol=1e-4)
    assert list(found["id"]) == list(made.obs_names[:50])
    made[:50, 20:].copy().write_h5ad(tmp_path / "less.h5ad")
    with pytest.raises(UsageError, match="20 of 200 features of the run aren't in the data, such as GENE0, GENE1"):
        embed(tmp_path / "pca", [], None, tmp_path / "less.npy", tmp_path / "less.h5ad")


def test_description_names_matrices_and_roles(file):
    found = look(file[0])
    assert (found.data, found.rows, found.label, found.group) == ("anndata", 1_500, "cell_type", "donor_id")
    assert [(one.name, one.becomes) for one in found.columns] == [
        ("X", "features"),
        ("layers/counts", "ignored"),
        ("obsm/X_pca", "ignored"),
        ("cell_type", "no feature"),
        ("donor_id", "no feature"),
        ("n_counts", "no feature"),
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"layer": "counts", "obsm": "X_pca"}, "`layer` and `obsm` both take the place of X"),
        ({"label": "kind"}, "unknown label column 'kind'"),
        ({"split_by": "donor"}, "unknown split_by column 'donor'; did you mean 'donor_id'"),
        ({"label": "cell_type", "split_by": "cell_type"}, "`split_by` is the label 'cell_type'"),
    ],
)
def test_refusals(arguments, said, file):
    with pytest.raises(UsageError, match=said):
        _ = AnnData(file[0], **arguments).rows


def test_infinite_values_name_their_feature(tmp_path):
    x = np.ones((9, 3), np.float32)
    x[4, 1] = np.inf
    anndata.AnnData(x).write_h5ad(tmp_path / "x.h5ad")
    with pytest.raises(UsageError, match="beyond float32 in column '1': 1"):
        _ = AnnData(tmp_path / "x.h5ad").rows
