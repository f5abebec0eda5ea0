"""Rows that a run is given later are read as it read its own: in any order, number, company and order of columns."""

import shutil

import numpy as np
import pandas as pd
import pytest
import torch
from lightning.pytorch import seed_everything
from PIL import Image
from scipy.spatial.distance import cdist

from embedbench.catalog import names
from embedbench.data.preprocessing import made_of, save_preprocessing
from embedbench.data.splits.split_rows import split_rows
from embedbench.errors import UsageError
from embedbench.paradigms.saved import load_weights, save_weights
from embedbench.request.request import build_request
from embedbench.request.resolve import resolve
from embedbench.run.again.reuse import embed
from embedbench.run.fitting import fit, make_trainer
from embedbench.run.scoring import embed_splits
from embedbench.run.store.folder import claim
from embedbench.types import SPLITS

pytestmark = pytest.mark.slow

RNG = np.random.default_rng(0)
ROWS = 60
LABEL = np.sort(np.arange(ROWS) % 3)
X = RNG.normal(3, 2, (ROWS, 6)) + 4 * np.eye(3, 6)[LABEL]
PIXELS = RNG.integers(0, 256, (ROWS, 8, 8), np.uint8)
DISTANCE = cdist(X, X)
WORDS = np.array(
    [f"{first}{second}" for first in ("red", "big", "old") for second in ("ish", "dish", "er", "est", "ly")]
)
TEXTS = [" ".join(RNG.choice(WORDS[5 * k : 5 * k + 10] if k < 2 else WORDS, 9)) for k in LABEL]


def table(path, rows, mixed=False):
    """Numbers and words with gaps in both; ``mixed``: other columns among them, in another order."""
    frame = pd.DataFrame(X.copy(), columns=list("abcdef"))
    frame.loc[::7, "b"] = np.nan
    frame["colour"] = np.where(np.arange(ROWS) % 5 == 0, None, WORDS[LABEL + np.arange(ROWS) % 2])
    frame["y"] = np.array(list("uvw"))[LABEL]
    frame = frame.iloc[rows]
    if mixed:
        frame = frame[["f", "colour", "y", "b", "a", "e", "d", "c"]].assign(extra="?", more=1.5)
    frame.to_csv(path, index=False)
    return path


def arrays(path, rows, mixed=False):
    extra = {"further": np.zeros(3)} if mixed else {}
    np.savez(path, x=X[rows], y=LABEL[rows], **extra)
    return path


def images(path, rows, mixed=False):
    del mixed
    np.savez(path, x=PIXELS[rows], y=LABEL[rows])
    return path


def relations(path, rows, mixed=False):
    """Without coordinates: other rows are given by their distances from the run's."""
    extra = {"further": np.zeros(3)} if mixed else {}
    np.savez(path, distance=DISTANCE[rows], y=LABEL[rows], **extra)
    return path


def folder(path, rows, mixed=False):
    """Files named by their place, so that the order of names is that of the rows; sorted by class."""
    for place, row in enumerate(rows):
        kind = path / f"class{LABEL[row]}"
        kind.mkdir(parents=True, exist_ok=True)
        Image.fromarray(PIXELS[row]).save(kind / f"{place:03}.png")
    if mixed:
        (path / "notes.txt").write_text("no image", encoding="utf8")
    return path


def text(path, rows, mixed=False):
    frame = pd.DataFrame({"text": TEXTS, "y": np.array(list("uvw"))[LABEL]}).iloc[rows]
    if mixed:
        frame = frame[["y", "text"]].assign(extra=1)
    frame.to_csv(path, index=False)
    return path


KINDS = {
    "table": (table, "own.csv", ["--data", "table", "--data.label", "y", "--data.path"]),
    "arrays": (arrays, "own.npz", ["--data", "arrays", "--data.path"]),
    "images": (images, "own.npz", ["--data", "arrays", "--data.path"]),
    "folder": (folder, "own", ["--data", "image_folder", "--data.size", "8", "--data.grey", "true", "--data.root"]),
    "relations": (relations, "own.npz", ["--data", "relations", "--data.landmarks", "9", "--data.path"]),
    "text": (text, "own.csv", ["--data", "text", "--data.label", "y", "--data.path"]),
}
FEW = ["--threads", "1", "--trainer.max_steps", "2", "--data.batch_size", "32"]
SETTINGS = {
    "tfidf_svd": ["--model.latent_dim", "3", "--model.max_df", "1.0"],
    "ppmi_svd": ["--model.latent_dim", "3"],
    "skip_gram": ["--model.latent_dim", "3"],
    "cbow": ["--model.latent_dim", "3"],
    "masked_language": ["--model.width", "32", "--model.depth", "1"],
}


def finished(words, runs):
    """The folder of a run as it is left, without its scores, and its embedding of every row, in the file's order."""
    request = build_request([*words, *FEW])
    parts = resolve(request)
    seed_everything(0, verbose=False)
    model = parts.make_model(parts.data.spec)
    model.check(parts.data.rows)
    claim(runs, parts.config, overwrite=False)
    trainer = make_trainer(parts.trainer, model, runs)
    fit(trainer, model, parts.data)
    save_weights(runs, model)
    save_preprocessing(made_of(runs, parts.data.spec, parts.data.encode))
    z = embed_splits(trainer, model.eval(), parts.data)
    rows = split_rows(np.full(ROWS, "train"), LABEL, 0)
    whole = torch.empty(ROWS, z["train"].shape[1])
    for split in SPLITS:
        whole[rows[split]] = z[split]
    return runs, whole.numpy()


@pytest.fixture
def run(tmp_path, tiny_bert):
    """A run of a model on data of a kind."""

    def make(model, kind):
        write, name, words = KINDS[kind]
        own = [*words, str(write(tmp_path / name, np.arange(ROWS)))]
        needs = [*SETTINGS.get(model, [])]
        if model == "pretrained":
            needs = ["--model.path", str(tiny_bert)]
        if model == "relational_distillation":
            base = "masked_language" if kind == "text" else "raw"
            teacher, _ = finished(["--model", base, *SETTINGS.get(base, []), *own], tmp_path / "teacher")
            needs = ["--model.teacher", str(teacher)]
        return finished(["--model", model, *needs, *own], tmp_path / "run")

    return make


def kinds_of(model):
    """The kinds of data that a model takes; the first is the fast one."""
    if model in ("cbow", "masked_language", "ppmi_svd", "pretrained", "skip_gram", "tfidf_svd"):
        return ["text"]
    if model == "masked_image":
        return ["images", "folder"]
    if model == "masked_features":
        return ["table", "arrays", "relations"]
    both = ("contrastive", "label_oracle", "relational_distillation", "supervised", "supervised_contrastive")
    return [kind for kind in KINDS if kind != "text" or model in both]


PAIRS = [
    pytest.param(model, kind, marks=pytest.mark.slow if number else ())
    for model in sorted(names("conf/model"))
    for number, kind in enumerate(kinds_of(model))
]


def embedded(run, path, tmp_path):
    embed(run, [], None, tmp_path / "z.npz", path)
    with np.load(tmp_path / "z.npz") as found:
        assert found["index"].tolist() == list(range(len(found["z"])))
        return found["z"], found["label"]


@pytest.mark.parametrize(("model", "kind"), PAIRS)
def test_the_runs_own_rows_are_embedded_as_they_were(model, kind, run, tmp_path):
    write, name, _ = KINDS[kind]
    folder, expected = run(model, kind)
    suffix = (tmp_path / name).suffix
    order = np.random.default_rng(1).permutation(ROWS)
    if kind == "folder":  # its order is that of the names
        order = order[np.argsort(LABEL[order], kind="stable")]
    z, label = embedded(folder, write(tmp_path / f"shuffled{suffix}", order, mixed=True), tmp_path)
    np.testing.assert_allclose(z, expected[order], atol=1e-5)
    assert label.tolist() == LABEL[order].tolist()
    for number, rows in enumerate([order[:1], order[1:42], order[42:]]):
        z, label = embedded(folder, write(tmp_path / f"part{number}{suffix}", rows), tmp_path)
        np.testing.assert_allclose(z, expected[rows], atol=1e-5)
        assert label.tolist() == LABEL[rows].tolist()
    assert embed(folder, [], "all", tmp_path / "all.npy") == expected.shape
    np.testing.assert_allclose(np.load(tmp_path / "all.npy"), expected, atol=1e-5)


def by_hand(frame, own):
    """The encoding of numbers a to f and of colour by the train rows of ``own``, by numpy alone."""
    train = own.iloc[split_rows(np.full(ROWS, "train"), LABEL, 0)["train"]]
    columns = []
    for name in "abcdef":
        known = train[name].to_numpy(np.float64)
        filled = np.where(np.isnan(known), np.nanmedian(known), known)
        values = frame[name].to_numpy(np.float64)
        values = np.where(np.isnan(values), np.nanmedian(known), values)
        columns.append((values - filled.mean()) / np.sqrt(((filled - filled.mean()) ** 2).mean()))
    kinds = sorted(train["colour"].dropna().unique()) + ([np.nan] if train["colour"].isna().any() else [])
    codes = [frame["colour"].isna() if kind is np.nan else frame["colour"] == kind for kind in kinds]
    return np.stack([*columns, *(np.asarray(code, np.float64) for code in codes)], axis=1)


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame.assign(a=100 * frame["a"]),
        lambda frame: frame.assign(c=frame["c"] - 50, e=frame["e"] / 7),
        lambda frame: frame[frame["y"] == "w"],
        lambda frame: frame[frame["a"] > 4].assign(
            b=np.nan, colour=frame["colour"].where(frame["c"] > 4, "never seen")
        ),
        lambda frame: frame.iloc[[17]].drop(columns="y"),
    ],
    ids=["scaled", "shifted", "one class", "gaps and a new category", "one row without a label"],
)
def test_other_rows_are_encoded_as_the_train_rows_of_the_run_say(change, run, tmp_path):
    folder, _ = run("raw", "table")
    own = pd.read_csv(tmp_path / "own.csv")
    other = change(own)
    other.to_csv(tmp_path / "other.csv", index=False)
    embed(folder, [], None, tmp_path / "z.npz", tmp_path / "other.csv")
    with np.load(tmp_path / "z.npz") as found:
        np.testing.assert_allclose(found["z"], by_hand(other, own), rtol=1e-5, atol=1e-5)
        if "y" in other:
            assert found["label"].tolist() == [list("uvw").index(name) for name in other["y"]]
        else:
            assert "label" not in found


def test_other_arrays_are_standardised_by_the_train_rows_of_the_run(run, tmp_path):
    folder, _ = run("raw", "arrays")
    train = X[split_rows(np.full(ROWS, "train"), LABEL, 0)["train"]]
    np.savez(tmp_path / "other.npz", x=10 * X[:3] + 1)
    embed(folder, [], None, tmp_path / "z.npy", tmp_path / "other.npz")
    expected = (10 * X[:3] + 1 - train.mean(0)) / train.std(0)
    np.testing.assert_allclose(np.load(tmp_path / "z.npy"), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("dtype", "divisor"), [(np.uint8, 255), (np.float64, 1)])
def test_pixels_are_divided_by_what_their_type_can_hold(dtype, divisor, run, tmp_path):
    folder, _ = run("raw", "images")
    dark = (PIXELS[:4] // 4 / (255 / divisor)).astype(dtype)
    np.savez(tmp_path / "other.npz", x=dark)
    embed(folder, [], None, tmp_path / "z.npy", tmp_path / "other.npz")
    np.testing.assert_allclose(np.load(tmp_path / "z.npy"), dark.reshape(4, -1) / divisor, rtol=1e-6)


def test_other_rows_by_their_distances_alone(run, tmp_path):
    """A later row needs its distances from the run's rows only, or stands behind them in a larger matrix."""
    folder, _ = run("raw", "relations")
    later = np.concatenate([X, X[:2] + 0.5])
    np.savez(tmp_path / "larger.npz", distance=cdist(later, later))
    np.savez(tmp_path / "few.npz", distance=cdist(later[-2:], X))
    for name in ("larger", "few"):
        embed(folder, [], None, tmp_path / f"{name}.npy", tmp_path / f"{name}.npz")
    large, few = (np.load(tmp_path / f"{name}.npy") for name in ("larger", "few"))
    np.testing.assert_allclose(large[-2:], few, atol=1e-5)
    train = split_rows(np.full(ROWS, "train"), LABEL, 0)["train"]
    reference = (cdist(later[-2:], X) - DISTANCE[train].mean(0)) / DISTANCE[train].std(0)
    differences = np.abs(few[:, :, None] - reference[:, None, :]).max(0)  # (landmarks, rows of the run)
    assert (differences.min(1) < 1e-5).all()
    assert len(set(differences.argmin(1)) & set(train)) == few.shape[1] == 9


def test_rows_of_the_run_in_another_order_are_refused_as_landmarks(run, tmp_path):
    folder, _ = run("raw", "relations")
    order = np.random.default_rng(1).permutation(ROWS)
    np.savez(tmp_path / "turned.npz", distance=DISTANCE[np.ix_(order, order)])
    with pytest.raises(UsageError, match=r"the first 60 rows of .*turned\.npz aren't those of the run"):
        embed(folder, [], None, tmp_path / "z.npy", tmp_path / "turned.npz")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda frame: frame.drop(columns="c"), "lacks the column 'c'"),
        (lambda frame: frame.assign(d="much"), "column 'd' must hold numbers, got 'much' in row 0"),
        (lambda frame: frame.iloc[:0], "holds no rows"),
        (lambda frame: frame.assign(a=np.inf), "infinite or beyond float32 in column 'a': 60"),
        (lambda frame: frame.assign(colour="new"), "none of the categories in column 'colour': all 60 rows hold 'new'"),
    ],
)
def test_rows_that_the_run_cannot_read_are_refused_by_name(change, said, run, tmp_path):
    folder, _ = run("raw", "table")
    change(pd.read_csv(tmp_path / "own.csv")).to_csv(tmp_path / "other.csv", index=False)
    with pytest.raises(UsageError, match=said):
        embed(folder, [], None, tmp_path / "z.npz", tmp_path / "other.csv")
    assert not (tmp_path / "z.npz").exists()


def test_labels_keep_the_numbers_of_the_run(run, tmp_path, capsys):
    folder, _ = run("raw", "table")
    other = pd.read_csv(tmp_path / "own.csv").iloc[[0, 59, 1, 2]].assign(y=["w", "u", None, "new"])
    other.to_csv(tmp_path / "other.csv", index=False)
    embed(folder, [], None, tmp_path / "z.npz", tmp_path / "other.csv")
    embed(folder, [], None, tmp_path / "z.csv", tmp_path / "other.csv")
    assert np.load(tmp_path / "z.npz")["label"].tolist() == [2, 0, -1, -1]
    assert pd.read_csv(tmp_path / "z.csv", keep_default_na=False)["label"].tolist() == ["w", "u", "", ""]
    assert "1 rows are of classes that the run doesn't know: 'new'" in capsys.readouterr().err


def test_a_column_goes_along_as_it_stands(run, tmp_path):
    folder, _ = run("raw", "table")
    names = [f"{number:03}" for number in range(ROWS)]
    pd.read_csv(tmp_path / "own.csv").assign(customer=names).to_csv(tmp_path / "other.csv", index=False)
    for ending in ("npz", "csv", "parquet"):
        embed(folder, [], None, tmp_path / f"z.{ending}", tmp_path / "other.csv", "customer")
    assert np.load(tmp_path / "z.npz")["id"].tolist() == names
    assert pd.read_csv(tmp_path / "z.csv", dtype={"id": str})["id"].tolist() == names
    table = pd.read_parquet(tmp_path / "z.parquet")
    assert table["id"].tolist() == names
    np.testing.assert_array_equal(table[[f"z{i}" for i in range(11)]].to_numpy(), np.load(tmp_path / "z.npz")["z"])
    with pytest.raises(UsageError, match="unknown --id column 'custommer'; did you mean 'customer'"):
        embed(folder, [], None, tmp_path / "no.csv", tmp_path / "other.csv", "custommer")
    with pytest.raises(UsageError, match=r"a \.safetensors file holds numbers, but the ids are texts"):
        embed(folder, [], None, tmp_path / "no.safetensors", tmp_path / "other.csv", "customer")
    assert not list(tmp_path.glob("no.*"))


def test_an_embedding_that_is_not_finite_is_refused(run, tmp_path):
    folder, _ = run("pca", "table")
    spec, weights = load_weights(folder)
    model = resolve(build_request(["--config", str(folder / "config.yaml")])).make_model(spec)
    model.load_state_dict({name: torch.full_like(value, 3e38) for name, value in weights.items()})
    save_weights(folder, model)
    with pytest.raises(UsageError, match="60 of 60 rows have a NaN or infinite embedding; repair or drop them"):
        embed(folder, [], None, tmp_path / "z.npz", tmp_path / "own.csv")
    assert not (tmp_path / "z.npz").exists()


def test_pictures_need_no_folders_of_classes(run, tmp_path):
    folder, expected = run("raw", "folder")
    whole = sorted((tmp_path / "own").rglob("*.png"))
    (tmp_path / "flat").mkdir()
    for number in (7, 50):
        shutil.copy(whole[number], tmp_path / "flat")
    embed(folder, [], None, tmp_path / "z.npz", tmp_path / "flat", "file")
    found = np.load(tmp_path / "z.npz")
    np.testing.assert_allclose(found["z"], expected[[7, 50]], atol=1e-6)
    assert "label" not in found
    assert found["id"].tolist() == [str(tmp_path / "flat" / whole[number].name) for number in (7, 50)]
    embed(folder, [], None, tmp_path / "one.npy", whole[3])
    np.testing.assert_allclose(np.load(tmp_path / "one.npy"), expected[[3]], atol=1e-6)
