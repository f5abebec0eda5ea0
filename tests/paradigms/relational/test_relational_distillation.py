"""Students of a run and of vectors in a file, and teachers that don't fit."""

import shutil
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from given_rows import fit_rows
from lightning.pytorch import seed_everything

from embedbench.errors import UsageError
from embedbench.paradigms.relational.distill import angle_term, distance_term
from embedbench.paradigms.relational.relational_distillation import RelationalDistillation
from embedbench.request.options import Options
from embedbench.request.request import build_request
from embedbench.request.resolve import resolve
from embedbench.run.again.reuse import rescore
from embedbench.run.execute import execute
from embedbench.run.fitting import fit, make_trainer
from embedbench.types import Batch, DataSpec

pytestmark = pytest.mark.slow

TEXTS = DataSpec("text", (), 1294, "none")
IMAGES = DataSpec("image", (1, 8, 8), 1294, "none")
ROWS = {"train": 1294, "val": 144, "test": 359}


def fitted(folder, teacher, *words):
    given = ("--model", "relational_distillation", "--model.teacher", str(teacher), "--data", "digits")
    parts = resolve(build_request([*given, "--threads", "1", *words]))
    seed_everything(0, verbose=False)
    model = parts.make_model(parts.data.spec)
    fit(make_trainer(parts.trainer, model, folder), model, parts.data)
    return parts.data, model


def test_a_student_of_a_run_keeps_distances_of_unseen_rows(raw_digits, tmp_path):
    data, model = fitted(tmp_path, raw_digits, "--trainer.max_steps", "150", "--model.latent_dim", "8")
    assert not [name for name in model.state_dict() if "teacher" in name or "known" in name]
    torch.testing.assert_close(model._known["train"], data.tensors("train")[0].flatten(1))
    x = data.tensors("test")[0]

    def correlation(z):
        pairs = torch.stack([torch.pdist(z.detach()), torch.pdist(x.flatten(1))])
        return float(torch.corrcoef(pairs)[0, 1])

    found, start = (correlation(m.embed(x)) for m in (model, RelationalDistillation(data.spec, raw_digits, 8)))
    assert found > 0.85
    assert found > start


def test_a_teacher_embeds_where_its_student_is(raw_digits):
    """By a device whose tensors hold no numbers."""
    student = RelationalDistillation(IMAGES, raw_digits, 4).to("meta")
    student.check(ROWS)
    (teacher,) = student._loaded
    met, embed = [], teacher.embed
    teacher.embed = lambda x: (met.append(x.device.type), embed(x))[1]
    student.prepare_fit(fit_rows(student, torch.rand(40, 1, 8, 8), torch.rand(20, 1, 8, 8)))
    assert set(met) == {"meta"}
    assert {split: z.shape for split, z in student._known.items()} == {"train": (40, 64), "val": (20, 64)}
    assert not student._loaded


def test_terms_compare_the_rows_of_the_split(raw_digits, tmp_path):
    data, model = fitted(tmp_path, raw_digits, "--trainer.max_steps", "1")
    for split, training in (("train", True), ("val", False)):
        x, index = data.tensors(split)[0][[5, 2, 9]], torch.tensor([5, 2, 9])
        terms = model.train(training).terms(Batch(x, None, index))
        assert torch.equal(terms["distance"], distance_term(model.embed(x), x.flatten(1)))
        assert torch.equal(terms["angle"], 2 * angle_term(model.embed(x), x.flatten(1)))


def test_vectors_of_a_file_are_the_splits_they_name(tmp_path):
    z, split = np.random.default_rng(0).normal(size=(1500, 3)), np.repeat(["test", "val", "train"], [62, 144, 1294])
    np.savez(tmp_path / "z.npz", z=z, split=split)
    model = fitted(tmp_path / "run", tmp_path / "z.npz", "--trainer.max_steps", "1")[1]
    assert torch.equal(model._known["val"], torch.from_numpy(z[62:206]).float())
    assert torch.equal(model._known["train"], torch.from_numpy(z[206:]).float())
    np.savez(tmp_path / "few.npz", z=z[10:], split=split[10:])
    np.savez(tmp_path / "none.npz", z=z[206:], split=split[206:])
    with pytest.raises(UsageError, match=r"none.npz has 0 vectors of val rows, but the data have 144 val rows; give"):
        fitted(tmp_path / "other", tmp_path / "none.npz", "--trainer.max_steps", "1")


def test_a_teacher_of_other_rows_is_refused_before_anything_is_written(tmp_path):
    split = np.repeat(["val", "train"], [143, 1294])
    np.savez(tmp_path / "z.npz", z=np.zeros((1437, 3)), split=split)
    words = ["--model", "relational_distillation", "--model.teacher", str(tmp_path / "z.npz"), "--data", "digits"]
    with pytest.raises(UsageError, match="has 143 vectors of val rows, but the data have 144 val rows"):
        execute(build_request([*words, "--threads", "1"]), Options(runs=tmp_path / "runs"))
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("kind", ["run", "vectors"])
def test_a_fitted_student_needs_its_teacher_no_more(kind, raw_digits, tmp_path):
    teacher = tmp_path / ("teacher" if kind == "run" else "z.npy")
    if kind == "run":
        shutil.copytree(raw_digits, teacher)
    else:
        np.save(teacher, np.random.default_rng(0).normal(size=(1294, 3)))
    words = ["--model", "relational_distillation", "--model.teacher", str(teacher), "--data", "digits"]
    budget = ["--trainer.max_steps", "2", "--threads", "1"]
    student = execute(build_request([*words, *budget]), Options(runs=tmp_path, run_id="student", quiet=True))
    assert student is not None
    shutil.rmtree(teacher) if kind == "run" else teacher.unlink()
    again = rescore(tmp_path / "student", [])
    assert {split: one.metrics for split, one in again.assessed.items()} == student.metrics
    words[3] = str(tmp_path / "student")
    pupil = execute(build_request([*words, *budget]), Options(runs=tmp_path, run_id="pupil", quiet=True))
    assert pupil is not None
    assert pupil.status == "finished"


def test_train_rows_stand_in_for_validation_rows_without_vectors(tmp_path):
    z = np.random.default_rng(0).normal(size=(1294, 3)).astype(np.float32)
    np.save(tmp_path / "z.npy", z)
    data, model = fitted(tmp_path / "run", tmp_path / "z.npy", "--trainer.max_steps", "1")
    index = torch.tensor([7, 1, 140])
    terms = model.eval().terms(Batch(data.tensors("val")[0][index], None, index))
    wanted = distance_term(model.embed(data.tensors("train")[0][index]), torch.from_numpy(z[index]))
    assert torch.equal(terms["distance"], wanted)


def test_what_does_not_fit_is_refused(raw_digits, tmp_path):
    np.save(tmp_path / "few.npy", np.zeros((20, 3)))
    with pytest.raises(UsageError, match="has 20 vectors of train rows, but the data have 1294 train rows"):
        RelationalDistillation(IMAGES, tmp_path / "few.npy").check(ROWS)
    np.save(tmp_path / "texts.npy", np.zeros((1294, 3)))
    with pytest.raises(UsageError, match="needs `split` with train and val for texts"):
        RelationalDistillation(TEXTS, tmp_path / "texts.npy", encoder=lambda _: SimpleNamespace(out_dim=1)).check(ROWS)
    with pytest.raises(UsageError, match=r"there is no file .*nothing.npy"):
        RelationalDistillation(IMAGES, tmp_path / "nothing.npy").check(ROWS)
    for weights in ({"distance": -1.0}, {"distance": 0.0, "angle": 0.0}):
        with pytest.raises(UsageError, match=r"`distance` must be a number of at least 0|must not both be 0"):
            RelationalDistillation(IMAGES, raw_digits, **weights)
