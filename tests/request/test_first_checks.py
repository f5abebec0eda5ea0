"""What is refused by the words of a command alone, and what isn't though it looks odd."""

import pandas as pd
import pytest

from embedbench.errors import UsageError
from embedbench.request.first_checks import check_values, check_words
from embedbench.request.request import build_request

ROWS = {"a b": [1, 3], "caf\u00e9": [2, 4], "y": [0, 1]}


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The same table in files that are written oddly."""
    monkeypatch.chdir(tmp_path)
    rows = [[*ROWS], *zip(*ROWS.values(), strict=True)]
    odd = "\n".join(";".join(f'"{cell}" ' if row == rows[0] else str(cell) for cell in row) for row in rows)
    (tmp_path / "odd.csv").write_text("\ufeff" + odd, encoding="utf8")
    frame = pd.DataFrame(ROWS)
    frame.rename(columns={"caf\u00e9": "cafe\u0301"}).to_csv(
        tmp_path / "decomposed.CSV.GZ", index=False, compression="gzip"
    )
    frame.to_csv(tmp_path / "tabs.tsv", index=False, sep="\t")
    frame.to_csv(tmp_path / "packed.csv.zip", index=False)
    frame.to_parquet(tmp_path / "typed.pq")
    frame.to_feather(tmp_path / "typed.feather")
    late = [f'{{"{name}": 1}}\n' * 1500 for name in ROWS]
    (tmp_path / "late.ndjson").write_text("".join(late), encoding="utf8")
    return sorted(path.name for path in tmp_path.iterdir())


def test_each_column_that_is_there_passes_and_others_are_refused_in_every_format(place):
    assert len(place) == 7
    for file in place:
        for column in ROWS:
            check_words(["--data.label", column, "--data.drop", f"['{column}']"], file)
        with pytest.raises(UsageError, match=r"unknown label column 'Y'; did you mean 'y'\?"):
            check_words(["--data.label", "Y"], file)
        with pytest.raises(UsageError, match="unknown drop column 'b'"):
            check_words(["--data.drop", "[y, b]"], file)


def test_arguments_of_either_reader_of_tables_pass(place):
    check_words(["--data.text", "caf\u00e9"], "odd.csv")
    check_words(["--data.numeric", "[y]"], "odd.csv")
    with pytest.raises(UsageError, match="unknown label column 'z'"):
        check_words(["--data.text", "caf\u00e9", "--data.label", "z"], "odd.csv")
    with pytest.raises(UsageError, match=r"unknown key '--data\.lable'; did you mean '--data\.label'\?"):
        check_words(["--data.lable", "y"], "odd.csv")


def test_what_only_a_file_of_settings_says_is_looked_at_later(place):
    check_words(["--config", "{model: typo}", "--data.label", "typo"], "odd.csv")


def test_names_of_data_folders_and_arrays_have_no_columns(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.npy").touch()
    (tmp_path / "photos").mkdir()
    for data in ("digits", "x.npy", "photos", "my_package.MyData"):
        check_words(["--data.label", "y"], data)


@pytest.mark.parametrize(
    ("words", "models", "refusal"),
    [
        ([], ("raw", "pac"), "unknown model 'pac'; did you mean 'pca'"),
        (["--model", "pac"], (), "unknown model 'pac'; did you mean 'pca'"),
        (["--suite.metrics", "[prob]"], (), "unknown metric 'prob'; did you mean 'probe'"),
        (["--suite", "defalt"], (), "unknown suite 'defalt'; did you mean 'default'"),
        (["--suite.neighbors", "0"], (), "--suite.neighbors must be a whole number of at least 1, got 0"),
        (["--trainer.max_step", "5"], (), "'--trainer.max_step'; did you mean '--trainer.max_steps'"),
        (["--data", "odd.cvs"], (), "there is no file or folder 'odd.cvs'; did you mean 'odd.csv'"),
    ],
)
def test_other_words_are_refused(words, models, refusal, place):
    with pytest.raises(UsageError) as refused:
        check_words(words, None, models)
    assert refusal in str(refused.value)


def test_values_are_refused_if_each_must_fit_or_none_does():
    models = ("raw", "pca", "vae")
    named = [build_request(["--model", name, "--data", "digits", "--model.latent_dim", "x"]) for name in models]
    with pytest.raises(UsageError, match=r"--model\.latent_dim must be a whole number of at least 1 or null, got 'x'"):
        check_values(named, each=False)
    fine = [build_request(["--model", name, "--data", "digits", "--model.latent_dim", "2"]) for name in models]
    check_values(fine, each=False)
    with pytest.raises(UsageError, match=r"unknown key '--model\.latent_dim'; there is none here"):
        check_values(fine, each=True)


def test_cells_by_genes_have_arguments_of_their_own(tmp_path):
    pytest.importorskip("anndata").AnnData(pd.DataFrame(ROWS, index=["a", "b"]).astype("float32")).write_h5ad(
        tmp_path / "cells.h5ad"
    )
    check_words(["--data.layer", "counts", "--data.obsm", "X_pca"], str(tmp_path / "cells.h5ad"))
    with pytest.raises(UsageError, match=r"unknown key '--data\.lyer'; did you mean '--data\.layer'"):
        check_words(["--data.lyer", "counts"], str(tmp_path / "cells.h5ad"))


def test_views_are_judged_before_anything_is_imported():
    words = ["--model", "vae", "--data", "digits", "--augment", "default"]
    check_values([build_request([*words, "--augment.crop", "0.5"])], each=True)
    for more, said in (
        ("--augment.crop=3", r"--augment\.crop must be"),
        ("--augment.crp=3", r"unknown key '--augment\.crp'"),
    ):
        with pytest.raises(UsageError, match=said):
            check_values([build_request([*words, more])], each=True)
