"""`embedbench list`: one line a name, and what one of them takes."""

from argparse import Namespace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from embedbench.arguments.signature import arguments
from embedbench.catalog import describe, find, load_yaml, names
from embedbench.commands.list import handle
from embedbench.errors import UsageError
from embedbench.evaluation.suite import Suite
from embedbench.request.reference import describe_part

ROOT = Path(__file__).parents[2]
FOLDERS = {"models": "conf/model", "data": "conf/data", "suites": "conf/suite", "augment": "conf/augment"}
OWN = '''
from typing import Annotated
from embedbench.arguments.hints import Range
from embedbench.paradigms.base import Paradigm
_ODD = object()
class Lone(Paradigm):
    """Mine.

    Args:
        spec: Of the data.
        rate: How fast.
    """
    def __init__(self, spec, latent_dim: Annotated[int, Range(ge=1)] | None = None,
                 rate: Annotated[float, Range(gt=0, le=1)] = 0.1, odd=_ODD): ...
raise ImportError("never imported")
'''


def shown(capsys, what, name=None):
    """The lines of the command."""
    assert handle(Namespace(what=what, name=name), []) == 0
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(("what", "folder"), [("models", "conf/model"), ("data", "conf/data")])
def test_files_and_their_first_lines(what, folder, command, tmp_path):
    ended = command(tmp_path, "list", what)
    shown = dict(line.split(maxsplit=1) for line in ended.out.splitlines())
    assert ended.code == 0
    assert shown == {name: describe(path) for name, path in names(folder).items()}


def test_metrics_are_those_of_the_suite(command, tmp_path):
    shown = dict(line.split(maxsplit=1) for line in command(tmp_path, "list", "metrics").out.splitlines())
    measures = Suite().measures()
    assert set(shown) == set(measures)
    assert shown["probe/knn_accuracy"] == "↑ [0, 1]"
    assert shown["separation/davies_bouldin"].startswith("↓")


PARTS = [(what, name) for what, folder in FOLDERS.items() for name in names(folder)]
PARTS += [("encoders", name) for name in ("Bert", "Conv", "Flat", "MLP", "Pretrained", "ViT")]


@pytest.mark.parametrize(("what", "name"), PARTS)
def test_what_a_part_takes_fits_100_columns(what, name, capsys):
    """Every argument with its default, its type and its meaning, in columns."""
    lines = shown(capsys, what, name)
    assert max(map(len, lines)) <= 100
    content = {} if what == "encoders" else load_yaml(find(FOLDERS[what], name))
    path = content.get("class_path") or next(line for line in lines if line.startswith("embedbench."))
    for one in arguments(path):
        if one.name != "spec":
            assert [line for line in lines if line.split()[:1] == [one.name]], one.name
            assert one.meaning.split()[0].strip("`") in " ".join(lines)


def test_arguments_of_a_model(capsys):
    lines = shown(capsys, "models", "vae")
    where = lines[3].index("default"), lines[3].index("type and meaning")
    assert lines[:4] == [
        describe(find("conf/model", "vae")),
        "embedbench.paradigms.generative.vae.VAE",
        "",
        "--model.KEY         default   type and meaning",
    ]
    number = next(i for i, line in enumerate(lines) if line.startswith("sigma"))
    assert lines[number] == "sigma               learned   a number above 0 or one of learned, per_dim"
    assert lines[number + 1][: where[1]].strip() == ""
    assert lines[number + 1][where[1] :].startswith("Of the gaussian: ")


def test_defaults_are_those_of_the_file(capsys):
    assert [line.split()[1] for line in shown(capsys, "models", "iwae") if line.startswith("importance_samples")] == [
        "5"
    ]
    assert [line.split()[1] for line in shown(capsys, "data", "table") if line.startswith("path")] == ["(needed)"]
    assert shown(capsys, "models", "raw")[-1] == "takes no --model.KEY"


def test_encoders(capsys):
    found = dict(line.split(maxsplit=1) for line in shown(capsys, "encoders"))
    assert [*found] == ["Bert", "Conv", "Flat", "MLP", "Pretrained", "ViT"]
    assert shown(capsys, "encoders", "Conv")[3].startswith("--model.encoder.KEY")
    assert any(line.endswith("that is a multiple of 8") for line in shown(capsys, "encoders", "Conv"))


def test_metrics_of_a_family_and_one_alone(capsys):
    family = shown(capsys, "metrics", "probe")
    assert {line.split()[0] for line in family if line.startswith("probe/")} == set(Suite(["probe"]).measures())
    assert all(line[0].isupper() or line.startswith("probe/") for line in family)
    assert shown(capsys, "metrics", "probe/knn_accuracy")[-1].split() == ["probe/knn_accuracy", "↑", "[0,", "1]"]


def test_sweep_and_its_values(capsys):
    lines = shown(capsys, "sweeps", "compare")
    assert lines[0] == describe(find("sweeps", "compare"))
    assert ["seed_everything", "0,", "1,", "2"] in [line.split() for line in lines]


def test_values_of_a_sweep_are_as_typed(tmp_path, capsys):
    path = tmp_path / "mine.yaml"
    values = 'data: {value: ""}, model: {values: [pca, raw]}, data.train_rows: {values: [null, 50]}'
    path.write_text(f"# Mine\nmethod: grid\nparameters: {{{values}}}\n", encoding="utf8")
    lines = [line.split(maxsplit=1) for line in shown(capsys, "sweeps", str(path))[2:]]
    assert lines == [["data", '""'], ["data.train_rows", "null, 50"], ["model", "pca, raw"]]


def test_nothing_is_shown_of_a_sweep_that_is_refused(tmp_path, capsys):
    path = tmp_path / "mine.yaml"
    path.write_text("# Mine\nmethod: bayes\n", encoding="utf8")
    with pytest.raises(UsageError, match="`method` must be grid"):
        shown(capsys, "sweeps", str(path))
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("what", "name", "said"),
    [
        ("models", "vea", "unknown model 'vea'; did you mean 'vae'?"),
        ("data", "digit", "unknown data set 'digit'; did you mean 'digits'?"),
        ("encoders", "conv", "unknown encoder 'conv'; did you mean 'Conv'?"),
        ("metrics", "clusterin", "unknown metric 'clusterin'; did you mean 'clustering'?"),
        ("metrics", "probe/knn_acc", "did you mean 'probe/knn_accuracy'?"),
        ("sweeps", "compair", "unknown sweep 'compair'; did you mean 'compare'?"),
    ],
)
def test_unknown_name_gets_the_nearest(what, name, said):
    with pytest.raises(UsageError) as refused:
        handle(Namespace(what=what, name=name), [])
    assert said in str(refused.value)


def test_class_without_a_source(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("class_path: nowhere.Mine\n", encoding="utf8")
    with pytest.raises(UsageError, match=r"class 'nowhere\.Mine', whose source isn't found; correct the path"):
        handle(Namespace(what="models", name=str(path)), [])


def test_class_of_ones_own(tmp_path, monkeypatch, capsys):
    """Its annotations and docstring are shown without importing it."""
    (tmp_path / "lone.py").write_text(OWN, encoding="utf8")
    (tmp_path / "lone.yaml").write_text("# Mine\nclass_path: lone.Lone\ninit_args: {rate: 0.5}\n", encoding="utf8")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert shown(capsys, "models", str(tmp_path / "lone.yaml"))[4:] == [
        "latent_dim   null     a whole number of at least 1 or null",
        "                      Size of the embedding, 1 or more; the data's default if not given.",
        "rate         0.5      a number in (0, 1]",
        "                      How fast.",
        "odd          _ODD     anything",
    ]


def test_class_is_shown_by_its_path(tmp_path, monkeypatch, capsys):
    (tmp_path / "lonely.py").write_text(OWN.replace("Lone", "Lonely"), encoding="utf8")
    monkeypatch.syspath_prepend(str(tmp_path))
    lines = shown(capsys, "models", "lonely.Lonely")
    assert lines[1] == "lonely.Lonely"
    assert "rate" in {line.partition(" ")[0] for line in lines}
    with pytest.raises(UsageError, match=r"no source of a class 'lonely\.Other' is found"):
        handle(Namespace(what="models", name="lonely.Other"), [])


def test_page_of_the_docs_has_every_argument():
    spec = spec_from_file_location("arguments_page", ROOT / "docs" / "hooks" / "arguments.py")
    hook = module_from_spec(spec)
    spec.loader.exec_module(hook)
    page = hook.on_page_markdown((ROOT / "docs" / "arguments.md").read_text(encoding="utf8"))
    for name in names("conf/model"):
        section = page.partition(f"\n### {name}\n")[2].partition("\n### ")[0]
        for one in describe_part("model", name).arguments:
            assert f"| `--model.{one.name}` | " in section
    assert "| `--model.beta` | `1.0` | a number of at least 0 | Weight of the KL (Higgins et al., 2017)" in page
    assert hook.on_page_markdown("another page") == "another page"
