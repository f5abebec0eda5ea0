"""The wheel works where the checkout is out of sight: its own ``conf`` and ``sweeps``, and a user's before them."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
FEW = ["--data.train_rows", "300", "--data.test_rows", "60", "--suite.metrics", "[probe]"]


def call(words, folder):
    env = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    env |= {"OMP_NUM_THREADS": "1", "WANDB_MODE": "disabled"}
    words = [str(word) for word in words]
    done = subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    # Without isolation: hatchling comes from this environment, so that no network is needed.
    call([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT], folder)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Python of a new environment that holds the wheel, and sees this one's packages but not the checkout."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    call([sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", wheel], folder)
    place = Path(sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)}))
    # A folder named in a .pth file comes behind, and the .pth files in it (the editable install's) aren't read.
    (place / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf8")
    return python


def test_holds_the_package_and_its_files_alone(wheel):
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    files = [path for top in ("conf", "sweeps") for path in (ROOT / top).rglob("*.yaml")]
    shipped = {f"embedbench/{path.relative_to(ROOT)}" for path in files}
    package = {str(path.relative_to(ROOT)) for path in (ROOT / "embedbench").rglob("*.py")}
    data = {f"embedbench/data/texts/files/{name}" for name in ("wordnet5k.tsv.gz", "WORDNET_LICENSE.txt")}
    assert held == shipped | package | data | {"embedbench/py.typed"}


def test_imported_from_the_new_place(installed, tmp_path):
    found = call([installed, "-c", "import embedbench; print(embedbench.__file__)"], tmp_path).strip()
    assert Path(found).is_relative_to(installed.parents[1])


def test_runs_from_an_empty_folder(installed, tmp_path):
    command = [installed.with_name("embedbench")]
    assert "Principal component analysis" in call([*command, "list", "models"], tmp_path)
    assert "probe/knn_accuracy" in call([*command, "run", "--model", "raw", "--data", "digits", *FEW], tmp_path)
    assert len(list(tmp_path.glob("runs/*/result.json"))) == 1


def test_sweeps_are_found_inside_the_package(installed, tmp_path):
    code = "from embedbench import catalog; print(*catalog.names('sweeps').values())"
    found = [Path(word) for word in call([installed, "-c", code], tmp_path).split()]
    assert {path.name for path in found} == {path.name for path in (ROOT / "sweeps").glob("*.yaml")}
    assert all(path.is_relative_to(installed.parents[1]) for path in found)


def test_files_in_the_working_folder_come_first(installed, tmp_path):
    (tmp_path / "conf" / "model").mkdir(parents=True)
    mine = (
        "# Mine, of three components\nclass_path: embedbench.paradigms.classical.pca.PCA\ninit_args:\n  latent_dim: 3\n"
    )
    (tmp_path / "conf" / "model" / "pca.yaml").write_text(mine, encoding="utf8")
    listed = call([installed, "-m", "embedbench", "list", "models"], tmp_path)
    assert "Mine, of three components" in listed
    assert "Principal component analysis" not in listed
    assert "Variational auto-encoder" in listed  # what the working folder hasn't is still found
