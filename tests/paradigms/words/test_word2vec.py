"""Word vectors learned in the trainer's loop: the loss falls, budgets are counted, kin come together."""

import pytest
import torch

from embedbench.data.texts.wordnet5k import WordNet5k
from embedbench.errors import UsageError
from embedbench.paradigms.words.word2vec import Word2Vec
from embedbench.run.fitting import fit, make_trainer
from embedbench.text.tokenizer_spec import Words
from embedbench.types import Batch, DataSpec

OBJECTIVES = ["skip_gram", "cbow"]
ANIMALS, FOODS = ("bird", "fish", "insect", "birds", "fishes"), ("wine", "cheese", "meat", "bread", "sauce", "soup")


@pytest.fixture(scope="module")
def definitions():
    data = WordNet5k()
    data.reader = Words(3)
    return data


def fitted(objective, data, folder, steps=300, **arguments):
    torch.manual_seed(0)
    lr = {"skip_gram": 0.025, "cbow": 0.1}[objective]  # as conf/model has them
    model = Word2Vec(data.spec, objective, **{"latent_dim": 16, "lr": lr, **arguments})
    settings = {"accelerator": "cpu", "devices": 1, "max_steps": steps, "val_check_interval": 29, "max_epochs": -1}
    trainer = make_trainer({**settings, "check_val_every_n_epoch": None}, model, folder)
    fit(trainer, model, data)
    return model, trainer


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_loss_falls_and_kin_come_together(objective, definitions, tmp_path):
    model, trainer = fitted(objective, definitions, tmp_path)
    assert trainer.global_step == 300
    first = 6 * torch.log(torch.tensor(2.0))  # of a prediction by outputs of 0: one word and five negatives
    assert float(trainer.callback_metrics["val/loss"]) < 0.7 * first
    words, vectors = model.word_vectors()
    unit = torch.nn.functional.normalize(vectors - vectors.mean(0))

    def near(some, others):
        rows, columns = ([words.index(word) for word in group] for group in (some, others))
        return float((unit[rows] @ unit[columns].T).mean())

    kin = (near(ANIMALS[:3], ANIMALS[3:]) + near(FOODS[:3], FOODS[3:])) / 2
    assert kin > near(ANIMALS, FOODS) + 0.15


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_what_documents_share_is_that_of_the_kept_vectors(objective, definitions, tmp_path):
    model, _ = fitted(objective, definitions, tmp_path, steps=60)
    kept = model.table.direction.clone()
    assert float(kept.norm()) == pytest.approx(1, abs=1e-5)
    model.table.remove_common(batch.x for batch in definitions.predict_dataloader()[0])
    torch.testing.assert_close(model.table.direction, kept)
    plain, _ = fitted(objective, definitions, tmp_path / "plain", steps=60, weighting="mean")
    assert not plain.table.direction.any()


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_validation_measures_and_changes_nothing(objective, definitions):
    torch.manual_seed(0)
    model = Word2Vec(definitions.spec, objective, 8)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    batch = next(iter(definitions.val_dataloader()))
    (first, count), (second, _) = model.held_out(batch, 0), model.held_out(batch, 0)
    assert float(first["loss"]) == float(second["loss"]) == pytest.approx(6 * 0.6931, rel=1e-3)
    assert int(count) > len(batch.index)  # it is a mean over predictions, of which a text has many
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_batch_without_known_words_is_no_trouble(definitions):
    model = Word2Vec(definitions.spec, "skip_gram", 8)
    loss, count = model.held_out(Batch(torch.tensor([[1, 0], [1, 1]]), None, torch.arange(2)), 0)
    assert (float(loss["loss"]), int(count)) == (0, 0)


def test_several_batches_of_one_rank_are_the_mean_over_ranks(definitions, monkeypatch):
    """With two ranks that hold the same, nothing changes."""
    found = []
    for ranks in (1, 2):
        torch.manual_seed(0)
        model = Word2Vec(definitions.spec, "skip_gram", 8)
        trainer = type("Trainer", (), {})()
        trainer.world_size, trainer.estimated_stepping_batches, trainer.log_every_n_steps = ranks, 10, 50
        monkeypatch.setattr(Word2Vec, "trainer", trainer)
        monkeypatch.setattr(Word2Vec, "global_step", 1)
        monkeypatch.setattr(Word2Vec, "optimizers", lambda self: torch.optim.SGD(self.parameters(), 0.1))
        monkeypatch.setattr(torch.distributed, "all_reduce", lambda table, ranks=ranks: table.mul_(ranks))
        model._draws = torch.Generator().manual_seed(3)
        model.training_step(next(iter(definitions.val_dataloader())), 0)
        found.append(model.table.vectors.detach().clone())
        monkeypatch.undo()
    torch.testing.assert_close(*found)


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("wrong", [{"window": 0}, {"negatives": 0}, {"subsample": 0.0}, {"lr": 0.0}])
def test_arguments_out_of_range_are_refused(objective, wrong, definitions):
    with pytest.raises(UsageError, match=f"`{next(iter(wrong))}` must be a .*number .*, got"):
        Word2Vec(definitions.spec, objective, 8, **wrong)


def test_other_data_are_refused():
    with pytest.raises(UsageError, match="model `cbow` reads texts, but the data are images"):
        Word2Vec(DataSpec("image", (1, 8, 8), 5, "none"), "cbow")
