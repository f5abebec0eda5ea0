"""`embedbench leaderboard`: the table of what lies on disk, in every format."""

import json

import pytest


@pytest.fixture(scope="module")
def done(tmp_path_factory, command, few):
    """A folder with runs of two models, one of them with a broken result beside it."""
    folder = tmp_path_factory.mktemp("leaderboard")
    for model in ("raw", "random"):
        assert command(folder, "run", "--model", model, "--data", "digits", *few).code == 0
    (folder / "runs" / "broken").mkdir()
    (folder / "runs" / "broken" / "result.json").write_text("{", encoding="utf8")
    return folder


@pytest.mark.parametrize("fmt", ["terminal", "md", "csv", "tex", "html", "json"])
def test_every_format_names_the_models_and_the_broken_file(fmt, done, command):
    ended = command(done, "leaderboard", "runs/", "--format", fmt)
    assert ended.code == 0
    assert "raw" in ended.out
    assert "random" in ended.out
    assert "skipped: cannot read runs/broken/result.json" in ended.err


def test_file_holds_what_would_be_shown(done, command):
    shown = command(done, "leaderboard", "--format", "md").out
    ended = command(done, "leaderboard", "--format", "md", "--output", "table.md")
    assert (ended.code, ended.out) == (0, "")
    assert (done / "table.md").read_text(encoding="utf8").strip() == shown.strip()


@pytest.mark.parametrize(("name", "begins"), [("t.md", "### digits"), ("T.TEX", "% Compiles"), ("t.json", "{")])
def test_ending_says_the_format(name, begins, done, command):
    assert command(done, "leaderboard", "--output", name).code == 0
    assert (done / name).read_text(encoding="utf8").startswith(begins)


def test_metrics_and_split_are_chosen(done, command):
    ended = command(done, "leaderboard", "--format", "md", "--metrics", "probe/knn_accuracy", "--split", "val")
    (value,) = {
        f"{json.loads(path.read_text(encoding='utf8'))['metrics']['val']['probe/knn_accuracy']:.3f}"
        for path in done.glob("runs/digits-raw-*/result.json")
    }
    assert value.lstrip("0") in ended.out
    assert "knn" in ended.out
    assert "linear" not in ended.out


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--format pdf", "unknown format 'pdf'. Known: csv, html, json, md, terminal, tex."),
        ("--by probe/knn_acuracy", "did you mean 'probe/knn_accuracy'?"),
        ("--metrics probes", "did you mean 'probe'?"),
        ("--metrics ,", "--metrics names nothing"),
        ("--output table.txt", "--output must end in .md, .csv, .tex, .html or .json, got 'table.txt'."),
        ("--format csv --output table.md", "--format csv and --output table.md differ; leave --format out"),
        ("nowhere --output runs", "--output runs is a folder; name a file in it."),
        ("nowhere --output none/table.md", "there is no folder none; make it first."),
    ],
)
def test_wrong_argument(line, said, done, command):
    ended = command(done, "leaderboard", *line.split())
    assert ended.code == 2
    assert said in ended.err
    assert ended.out == ""
