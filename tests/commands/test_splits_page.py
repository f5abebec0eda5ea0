"""The commands of the page on splits run on files such as it speaks of, with few models and steps."""

import numpy as np
import pandas as pd
import pytest
from pages import blocks, shell
from PIL import Image

BLOCKS = [block for block in blocks("splits", "bash") if "pip install" not in block]
SHORT = " --trainer.max_steps 2 --suite.metrics '[probe,retrieval]'"


def shortened(block):
    """The block with few models, seeds and steps."""
    lines = []
    for line in block.replace("\\\n", "").splitlines():
        few = ("" if "--models" in line else " --models raw,pca") + ("" if "--seeds" in line else " --seeds 1")
        fits = {"compare": few + SHORT, "run": SHORT}
        lines.append(line + fits.get(line.split()[1], ""))
    return "\n".join(lines)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Visits of patients, rows of a sensor by day, two files of one kind, and two folders of photos."""
    root, rng = tmp_path_factory.mktemp("splits"), np.random.default_rng(0)
    patient = np.repeat(np.arange(30), 5)
    visits = pd.DataFrame(rng.normal(size=(150, 3)), columns=["pulse", "weight", "crp"]).round(3)
    visits = visits.assign(visit=[f"V{n}" for n in range(150)], patient=patient, y=np.where(patient % 3, "well", "ill"))
    visits.to_csv(root / "visits.csv", index=False)
    sensor = visits[["pulse", "crp"]].assign(
        date=pd.date_range("2024-01-01", periods=150), fault=rng.choice(["a", "b"], 150)
    )
    sensor.to_csv(root / "sensor.csv", index=False)
    rows = visits[["pulse", "weight", "crp", "y"]]
    rows[:110].to_csv(root / "train.csv", index=False)
    rows[110:].to_csv(root / "test.csv", index=False)
    for name, count in (("photos", 24), ("new_photos", 8)):
        for number in range(count):
            path = root / name / ("cat" if number % 2 else "dog") / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(rng.integers(0, 256, (12, 12, 3), np.uint8)).save(path)
    return root


def test_blocks_there_are():
    """Those that download data of others aside."""
    assert (len(BLOCKS), len(blocks("splits", "bash"))) == (6, 8)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_commands_run(number, folder):
    done = shell(shortened(BLOCKS[number]), folder)
    assert done.returncode == 0, done.stderr
    assert "failed" not in done.stderr
