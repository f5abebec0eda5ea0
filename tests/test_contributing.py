"""What the guide shows to who adds a part works as it stands there."""

import re
from pathlib import Path
from textwrap import dedent

import torch
from lightning.pytorch import seed_everything

from embedbench.request.resolve import resolve
from embedbench.run.fitting import fit, make_trainer

TEXT = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text(encoding="utf8")
IMPORTS = """
from torch import Tensor, nn
from embedbench.paradigms.fit_rows import FitRows
from embedbench.paradigms.learned import Learned
from embedbench.types import Batch, DataSpec
"""


def test_a_model_that_looks_at_all_rows(request_of, tmp_path):
    (code,) = (dedent(found) for found in re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL) if "prepare_fit" in found)
    names = {"__name__": "centred"}
    exec(IMPORTS + code, names)
    parts = resolve(request_of("autoencoder", "--trainer.max_steps", "8"))
    seed_everything(0, verbose=False)
    model = names["Centred"](parts.data.spec, interval=7)
    before = model.embed(parts.data.tensors("train")[0]).detach()
    looks = []
    mean = model.on_train_batch_start
    model.on_train_batch_start = lambda *of: (looks.append(model.centre), mean(*of))[1]
    fit(make_trainer(parts.trainer, model, tmp_path), model, parts.data)
    torch.testing.assert_close(looks[0], before.mean(0))
    assert torch.equal(looks[1], looks[7])  # before the look of step 7
    assert not torch.allclose(model.centre, looks[7])
