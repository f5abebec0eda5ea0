"""Imports point one way, heavy libraries have one door each, and files stay small."""

import ast
from pathlib import Path

import pytest

from embedbench.catalog import load_yaml, names

ROOT = Path(__file__).parents[1] / "embedbench"
FILES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.py"))
GROUND = {"types", "errors", "arguments", "catalog", "memory", "stopping", "streams", "say", "progress"}
LAYERS = [
    {"cli", "commands"},
    {"sweep"},
    {"run"},
    {"request"},
    {"paradigms", "data", "collect"},
    {"encoders"},
    {"text", "evaluation"},
    {"results", "figures", "cache", "code_state"},
    {"neighbors", "functional"},
    {"files"},
]
# What a file of conf/ names: a model or a data set, which no other one is made of.
NAMED = {
    load_yaml(path)["class_path"].rpartition(".")[0]
    for folder in ("conf/model", "conf/data")
    for path in names(folder).values()
}
DOORS = {
    "faiss": {"neighbors/search.py", "neighbors/k_means.py"},
    "wandb": {"results/tracker.py"},
    "tokenizers": {"text/vocabulary.py"},
    "transformers": {
        *(f"encoders/{name}.py" for name in ("hugging_face", "language", "bert")),
        "text/own_tokenizer.py",
    },
    "matplotlib": {"figures/canvas.py"},
    "anndata": {"files/tables/h5ad.py"},
    "datasets": {"data/huggingface.py"},
}


def imported(path):
    """Full names of the modules that a file imports, anywhere in it, with the line; relative ones resolved."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield (whole if is_module(whole) else node.module), node.lineno


def is_module(name):
    parts = name.split(".")[1:]
    return (ROOT.joinpath(*parts[:-1]) / f"{parts[-1]}.py").is_file() if parts else False


def ours(path):
    """The own modules among them, as (layer, module within it)."""
    for name, line in imported(path):
        top, *rest = name.split(".")
        if top == "embedbench" and rest:
            yield rest[0], ".".join(rest[1:]), line


def file_of(layer, module):
    """Where a module lies; a package stands for its ``__init__``."""
    where = "/".join([layer, *module.split(".")] if module else [layer])
    return f"{where}.py" if (ROOT / f"{where}.py").is_file() else f"{where}/__init__.py"


def layer_of(path):
    return path.split("/")[0].removesuffix(".py")


def depth(layer):
    (found,) = [number for number, names in enumerate(LAYERS) if layer in names]
    return found


LAYERED = [path for path in FILES if layer_of(path) not in {"__init__", "__main__", *GROUND}]


@pytest.mark.parametrize("path", LAYERED)
def test_imports_go_down(path):
    layer = layer_of(path)
    for other, module, line in ours(path):
        if other in GROUND or other == layer:
            continue
        assert depth(other) > depth(layer) or {layer, other} == {"cli", "commands"}, (
            f"{path}:{line} imports {other}/{module}.py, which stands above or beside it"
        )


@pytest.mark.parametrize("path", [path for path in FILES if layer_of(path) in GROUND])
def test_ground_floor_stands_alone(path):
    for other, module, line in ours(path):
        assert other in GROUND, f"{path}:{line} imports {other}/{module}.py"


@pytest.mark.parametrize("path", [path for path in LAYERED if layer_of(path) in ("paradigms", "data")])
def test_siblings_know_only_what_they_share(path):
    """A paradigm or a data set never imports another."""
    for name, line in imported(path):
        assert name not in NAMED, f"{path}:{line} imports its sibling {name}"


@pytest.mark.parametrize("path", [path for path in FILES if path.startswith("evaluation/metrics/")])
def test_metric_families_know_only_the_base(path):
    """And what lies in their own room."""
    room = path.split("/")[2].removesuffix(".py")
    for other, module, line in ours(path):
        sibling = other == "evaluation" and module.startswith("metrics.") and module.split(".")[1] not in ("base", room)
        assert not sibling, f"{path}:{line} imports its sibling {module}"


@pytest.mark.parametrize("path", [path for path in FILES if path.startswith("paradigms/")])
def test_paradigms_never_grade_themselves(path):
    graded = [f"{line} imports {module}" for other, module, line in ours(path) if other == "evaluation"]
    assert not graded, f"{path}:{graded[0]}"


@pytest.mark.parametrize("path", [path for path in FILES if path.startswith("paradigms/")])
def test_paradigms_are_given_their_rows(path):
    """By `prepare_fit`, before which every rank is set up: a model needs no hook of its base, and no data module."""
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf8"))):
        if isinstance(node, ast.Attribute):
            assert node.attr not in ("datamodule", "predict_dataloader"), f"{path}:{node.lineno}"
            above = isinstance(node.value, ast.Call) and getattr(node.value.func, "id", "") == "super"
            assert not (above and node.attr.startswith("on_")), f"{path}:{node.lineno} calls super().{node.attr}"
        named = [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []
        assert "datamodule" not in named, f"{path}:{node.lineno}"


@pytest.mark.parametrize("path", [path for path in FILES if path.startswith("evaluation/")])
def test_evaluation_is_of_finished_vectors(path):
    """numpy on arrays: what has a gradient lies in functional."""
    assert not [line for other, _, line in ours(path) if other == "functional"]


@pytest.mark.parametrize("path", [path for path in FILES if path.startswith("commands/")])
def test_commands_know_only_what_they_share(path):
    for other, module, line in ours(path):
        assert other != "commands" or module in ("shared", "show"), f"{path}:{line} imports its sibling {module}.py"


@pytest.mark.parametrize(("library", "doors"), DOORS.items())
def test_heavy_library_has_one_door(library, doors):
    used = {path for path in FILES if any(name.split(".")[0] == library for name, _ in imported(path))}
    assert used == doors


@pytest.mark.parametrize("path", [path for path in FILES if path.startswith("results/")])
def test_results_know_neither_torch_nor_lightning(path):
    heavy = {"torch", "lightning", "torchmetrics", "pytorch_lightning"}
    assert not [name for name, _ in imported(path) if name.split(".")[0] in heavy]


@pytest.mark.parametrize("path", [path for path in FILES if path.startswith("evaluation/")])
def test_evaluation_knows_no_lightning(path):
    heavy = {"lightning", "torchmetrics", "pytorch_lightning"}
    assert not [name for name, _ in imported(path) if name.split(".")[0] in heavy]


def test_printing_has_few_doors():
    """What is printed may come from anywhere, and goes through `visible`: by `say`, by a report or beside it."""
    printing = {
        path
        for path in FILES
        for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    }
    assert printing == {
        "say.py",
        *(f"commands/{name}.py" for name in ("agreement", "describe", "leaderboard", "list", "run", "shared")),
    }


def test_no_import_circle():
    """Also not by an import inside a function."""
    edges = {path: {file_of(layer, module) for layer, module, _ in ours(path)} for path in FILES}
    done, way = set(), []

    def visit(path):
        assert path not in way, f"import circle: {' -> '.join([*way[way.index(path) :], path])}"
        if path in done or path not in edges:
            return
        way.append(path)
        for other in sorted(edges[path]):
            visit(other)
        done.add(way.pop())

    for path in FILES:
        visit(path)


@pytest.mark.parametrize("path", FILES)
def test_file_is_small_and_says_what_it_is(path):
    text = (ROOT / path).read_text(encoding="utf8")
    tree = ast.parse(text)
    assert text.count("\n") <= 300
    assert ast.get_docstring(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
            length = node.end_lineno - first.lineno + 1
            assert length <= 40, f"{path}:{node.lineno} {node.name} has {length} lines"


def test_half_of_the_files_are_shorter_than_100_lines():
    lengths = sorted((ROOT / path).read_text(encoding="utf8").count("\n") for path in FILES)
    assert lengths[len(lengths) // 2] < 100


def test_every_layer_is_known():
    assert {layer_of(path) for path in LAYERED} == set().union(*LAYERS)


def test_nobody_is_sent_to_another_project_of_that_name():
    """What PyPI calls embedbench is somebody else's."""
    texts = [*(ROOT / path for path in FILES), *(ROOT.parent / "docs").glob("*.md"), ROOT.parent / "README.md"]
    assert not [path for path in texts if "install embedbench" in path.read_text(encoding="utf8").replace('"', "")]
    assert 'name = "embedbench-paradigms"' in (ROOT.parent / "pyproject.toml").read_text(encoding="utf8")
