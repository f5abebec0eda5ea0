"""Masked columns: what is seen, what is scored, and what the baseline knows."""

import math

import pandas as pd
import pytest
import torch
from lightning.pytorch import seed_everything

from embedbench.errors import UsageError
from embedbench.evaluation.metrics.masked import masked
from embedbench.functional.masking import hide
from embedbench.paradigms.masked.column_prediction import score_columns
from embedbench.paradigms.masked.masked_features import MaskedFeatures
from embedbench.request.request import build_request
from embedbench.request.resolve import resolve
from embedbench.run.fitting import fit, make_embedder, make_trainer
from embedbench.run.row_scores import score_rows
from embedbench.run.scoring import embed_splits, score
from embedbench.types import Batch, DataSpec

SPEC = DataSpec("tabular", (7,), 50, "none", categories=(3, 2))
ROWS = torch.tensor([[0.5, -1, 1, 0, 0, 1, 0], [1.5, 0, 0, 1, 0, 0, 1], [-2, 1, 0, 0, 0, 0, 1], [0, 2, 0, 0, 1, 1, 0]])
LAST = torch.tensor([[3.0, 2, 1, 0]]).expand(4, 4)  # the least noise: the last columns are hidden


@pytest.fixture
def model():
    torch.manual_seed(0)
    return MaskedFeatures(SPEC, 3, mask_ratio=0.5).eval()


def test_hidden_values_and_codes_do_not_reach_the_encoder(model):
    seen = []
    model.encoder.register_forward_hook(lambda module, args, out: seen.append(args[0]))
    model.predict_hidden(ROWS, LAST)
    model.embed(ROWS)
    zeros, marks = torch.zeros(4, 5), torch.tensor([[0.0, 0, 1, 1]]).expand(4, 4)
    assert torch.equal(seen[0], torch.cat([ROWS[:, :2], zeros, marks], 1))
    assert torch.equal(seen[1], torch.cat([ROWS, torch.zeros(4, 4)], 1))


def test_only_hidden_known_columns_are_counted(model):
    found = model.predict_hidden(ROWS, LAST)
    assert found.hidden.tolist() == [2, 2, 1, 2]  # the third row's first category is unknown
    assert found.choices.tolist() == [2, 2, 1, 2]
    numbers = model.predict_hidden(ROWS, -LAST)
    assert numbers.hidden.tolist() == [2] * 4
    assert numbers.choices.tolist() == numbers.right.tolist() == [0] * 4


def test_baseline_knows_means_and_shares(model):
    model.learn_marginals([ROWS[[0, 1]], ROWS[[3]]])
    found = model.predict_hidden(ROWS, LAST).baseline
    likely, rare = math.log(3) + math.log(3 / 2), math.log(3) + math.log(3)  # of shares 1/3 and then 2/3 or 1/3
    assert found.tolist() == pytest.approx([likely, rare, math.log(3), likely])
    squares = (ROWS[:, :2] - ROWS[[0, 1, 3], :2].mean(0)).square().sum(1)
    torch.testing.assert_close(model.predict_hidden(ROWS, -LAST).baseline, squares)


def test_loss_is_a_mean_over_all_known_columns(model):
    rows = Batch(ROWS, None, torch.arange(4))
    with torch.no_grad():
        terms, noise = model.terms(rows), model.noise(rows)
        hidden = hide(noise, 0.5)
        seen = torch.cat([ROWS.masked_fill(hidden.repeat_interleave(torch.tensor([1, 1, 3, 2]), 1), 0), hidden], 1)
        loss = score_columns(ROWS, model.decoder(model.to_latent(model.encoder(seen)))[:, :7], (3, 2)).loss
        assert float(terms["hidden"]) == pytest.approx(
            float(model.predict_hidden(ROWS, noise).loss.sum()) / 15, rel=1e-5
        )
    assert float(sum(terms.values())) == pytest.approx(float(loss.sum()) / 15, rel=1e-5)


def test_scores_belong_to_the_row_and_the_seed(model):
    index = torch.arange(4)
    with torch.no_grad():
        whole = model.row_scores(ROWS, index, 1, 0)
        part = model.row_scores(ROWS[[3, 1]], index[[3, 1]], 100, 0)
        other = model.row_scores(ROWS, index, 1, 1)
    for name, values in whole.items():
        assert values.dtype == torch.float64
        torch.testing.assert_close(values[[3, 1]], part[name])
    assert not torch.equal(whole["loss"], other["loss"])


def test_training_hides_other_columns_each_step_and_measuring_the_same(model):
    rows = Batch(ROWS, None, torch.arange(4))
    assert torch.equal(model.terms(rows)["hidden"], model.terms(rows)["hidden"])
    model.train()
    assert len({float(model.terms(rows)["hidden"].detach()) for _ in range(8)}) > 1


@pytest.mark.parametrize("ratio", [0.0, 1.0, -0.2, 1.5])
def test_mask_ratio_out_of_range_is_refused(ratio):
    with pytest.raises(UsageError, match=rf"`mask_ratio` must be a number in \(0, 1\), got {ratio}"):
        MaskedFeatures(SPEC, mask_ratio=ratio)


def test_data_without_columns_to_hide_are_refused():
    with pytest.raises(UsageError, match="the data are images; use masked_image"):
        MaskedFeatures(DataSpec("image", (1, 8, 8), 50, "none"))
    with pytest.raises(UsageError, match="predicts columns from others, but the data have 1"):
        MaskedFeatures(DataSpec("tabular", (3,), 50, "none", categories=(3,)))


@pytest.fixture
def mixed(tmp_path):
    """A table whose word says the sign of one number, whose other number is its double, and a label."""
    generator = torch.Generator().manual_seed(0)
    a = torch.randn(400, generator=generator)
    word = ["plus" if value > 0 else "minus" for value in a.tolist()]
    frame = pd.DataFrame({"word": word, "a": a, "b": 2 * a + 1, "label": ["x", "y"] * 200})
    frame.to_csv(tmp_path / "mixed.csv", index=False)
    return ["--data", "table", "--data.path", str(tmp_path / "mixed.csv"), "--data.label", "label", "--threads", "1"]


def test_it_learns_numbers_and_words_of_a_table(mixed, tmp_path):
    parts = resolve(build_request(["--model", "masked_features", *mixed, "--trainer.max_steps", "300"]))
    seed_everything(0, verbose=False)
    model = parts.make_model(parts.data.spec)
    fit(make_trainer(parts.trainer, model, tmp_path), model, parts.data)
    assert parts.data.spec.categories == (2,)
    trainer = make_embedder({"accelerator": "cpu", "devices": 1})
    said = score_rows(trainer, model, parts.data, parts.suite)
    found = score(parts.suite, parts.data, embed_splits(trainer, model, parts.data), said, model).metrics["test"]
    assert found["masked/loss"] < 0.3 * found["masked/baseline"]
    assert found["masked/accuracy"] > 0.8  # of 16 hidden words, of which a prediction finds half
    assert masked.measures.keys() <= {name.partition("/")[2] for name in found if name.startswith("masked/")}
