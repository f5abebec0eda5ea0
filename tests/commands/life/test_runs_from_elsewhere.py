"""Runs from elsewhere: their files may name any code, which is run for nobody who hasn't asked for it."""

import json
import shutil

import numpy as np
import pytest
import yaml
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

SHORT = "--suite.metrics [retrieval] --suite.neighbors 3"
CODE = """
from pathlib import Path
from embedbench.data.prepare import Scale
from embedbench.encoders.mlp import MLP
from embedbench.paradigms.classical.pca import PCA

Path("imported").touch()

class Model(PCA): ...
class Maker(MLP): ...
class Encode(Scale): ...

def call(*_): ...
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory, command):
    """A folder with rows and a run of PCA on them."""
    folder = tmp_path_factory.mktemp("made")
    rows = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    np.savez(folder / "rows.npz", x=rows, y=np.arange(40) % 2)
    line = f"run --model pca --data arrays --data.path rows.npz {SHORT} --run_id one"
    assert command(folder, *line.split()).code == 0
    return folder


@pytest.fixture
def stranger(tmp_path, made):
    """A folder with that run, and beside it a module that says so when it is imported: its name is new each time."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    name = f"strange_{tmp_path.name}".replace("-", "_")
    (tmp_path / f"{name}.py").write_text(CODE, encoding="utf8")
    return tmp_path, name


def configured(folder, change):
    """Changes the configuration of the run in a folder."""
    path = folder / "runs" / "one" / "config.yaml"
    config = yaml.safe_load(path.read_text(encoding="utf8"))
    change(config)
    path.write_text(yaml.safe_dump(config), encoding="utf8")


WAYS = {
    "model": lambda config, name: config["model"].update(class_path=f"{name}.Model"),
    "data": lambda config, name: config["data"].update(class_path=f"{name}.Data"),
    "suite": lambda config, name: config["suite"].update(class_path=f"{name}.Suite"),
    "encoder": lambda config, name: config["model"].update(
        class_path="embedbench.paradigms.supervised.supervised.Supervised",
        init_args={"encoder": {"class_path": f"{name}.Maker"}},
    ),
    "encoder by its path alone": lambda config, name: config["model"].update(
        class_path="embedbench.paradigms.supervised.supervised.Supervised", init_args={"encoder": f"{name}.Maker"}
    ),
    "strategy": lambda config, name: config["trainer"].update(strategy={"class_path": f"{name}.Strategy"}),
    "hook of a strategy": lambda config, name: config["trainer"].update(
        strategy={
            "class_path": "lightning.pytorch.strategies.DDPStrategy",
            "init_args": {"ddp_comm_hook": f"{name}.call"},
        }
    ),
}
USES = {
    "embed": ("embed", "runs/one", "--output", "z.npz"),
    "embed other rows": ("embed", "runs/one", "rows.npz", "--output", "z.npz"),
    "score again": ("evaluate", "--run", "runs/one"),
}


@pytest.mark.parametrize(
    ("way", "use"), [*((way, "embed") for way in WAYS), *(("model", use) for use in list(USES)[1:])]
)
def test_classes_of_a_configuration_are_not_imported_unasked(way, use, stranger, command):
    folder, name = stranger
    configured(folder, lambda config: WAYS[way](config, name))
    ended = command(folder, *USES[use])
    assert ended.code == 2, ended.err
    assert f"{name}." in ended.err
    assert "whose code is not run unasked" in ended.err
    assert not (folder / "imported").exists()
    assert not (folder / "z.npz").exists()


@pytest.mark.parametrize("model", ["relational_distillation --model.teacher", "kmeans --model.on"])
def test_class_of_a_run_to_build_on_is_not_imported_unasked(model, stranger, command):
    folder, name = stranger
    configured(folder, lambda config: config["model"].update(class_path=f"{name}.Model"))
    line = f"run --model {model} runs/one --data arrays --data.path rows.npz --suite.neighbors 3 --run_id two"
    ended = command(folder, *line.split())
    assert ended.code == 2, ended.err
    assert "whose code is not run unasked" in ended.err
    assert not (folder / "imported").exists()
    assert not (folder / "runs" / "two").exists()


def test_class_of_the_preprocessing_is_not_imported_unasked(stranger, command):
    folder, name = stranger
    path = folder / "runs" / "one" / "preprocessing.safetensors"
    with safe_open(path, framework="numpy") as file:
        told = json.loads(file.metadata()["preprocessing"])
    told["class_path"] = f"{name}.Encode"
    save_file(load_file(path), path, {"preprocessing": json.dumps(told)})
    (folder / "runs" / "one" / "result.json").unlink()
    ended = command(folder, *USES["embed"])
    assert ended.code == 2, ended.err
    assert "whose code is not run unasked" in ended.err
    assert not (folder / "imported").exists()


def test_callbacks_of_a_fit_are_left_out(stranger, command):
    folder, name = stranger
    callback = {"class_path": "lightning.pytorch.callbacks.LambdaCallback", "init_args": {"setup": f"{name}.call"}}
    configured(folder, lambda config: config["trainer"].update(callbacks=[callback]))
    ended = command(folder, *USES["embed"])
    assert ended.code == 0, ended.err
    assert not (folder / "imported").exists()


def test_class_that_the_user_names_is_used(stranger, command):
    folder, name = stranger
    configured(folder, lambda config: config["model"].update(class_path=f"{name}.Model"))
    ended = command(folder, *USES["embed"], f"--model.class_path={name}.Model")
    assert ended.code == 0, ended.err
    assert (folder / "imported").exists()


def test_class_of_a_file_of_conf_is_used(stranger, command):
    folder, name = stranger
    configured(folder, lambda config: config["model"].update(class_path=f"{name}.Model"))
    (folder / "conf" / "model").mkdir(parents=True)
    (folder / "conf" / "model" / "mine.yaml").write_text(f"class_path: {name}.Model\n", encoding="utf8")
    assert command(folder, *USES["embed"]).code == 0


@pytest.mark.parametrize("group", ["model", "data"])
def test_configuration_without_a_part(group, stranger, command):
    folder, _ = stranger
    configured(folder, lambda config: config.pop(group))
    ended = command(folder, *USES["embed"])
    assert ended.code == 2, ended.err
    assert f"config.yaml: {group} must name a class by class_path, got nothing; write" in ended.err


def test_nan_weights_embed_nothing(stranger, command):
    folder, _ = stranger
    path = folder / "runs" / "one" / "checkpoints" / "model.safetensors"
    with safe_open(path, framework="numpy") as file:
        told = file.metadata()
    weights = {name: np.full_like(value, np.nan) for name, value in load_file(path).items()}
    save_file(weights, path, told)
    (folder / "runs" / "one" / "result.json").unlink()
    ended = command(folder, *USES["embed"])
    assert ended.code == 2, ended.err
    assert "holds NaN or infinite numbers in" in ended.err
    assert not (folder / "z.npz").exists()


def test_weights_and_preprocessing_of_two_runs(stranger, command):
    folder, _ = stranger
    line = f"run --model pca --data wine {SHORT} --run_id two"
    assert command(folder, *line.split()).code == 0
    (folder / "runs" / "one" / "result.json").unlink()
    (folder / "runs" / "two" / "preprocessing.safetensors").rename(
        folder / "runs" / "one" / "preprocessing.safetensors"
    )
    ended = command(folder, *USES["embed"])
    assert ended.code == 2, ended.err
    assert "the weights and the preprocessing of runs/one are of different runs" in ended.err
