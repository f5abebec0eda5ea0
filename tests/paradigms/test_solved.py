"""What is solved: all of it has one base, and a model of one's own needs its solution and its embedding alone."""

import torch
from torch import nn

from embedbench.catalog import load_yaml, names
from embedbench.paradigms.solved import ClosedForm, FullBatch, Solved
from embedbench.request.resolve import resolve
from embedbench.run.fitting import fit, make_trainer


class Medians(FullBatch):
    """Rows less the median of each feature, which follows from no sum."""

    kind = "classical"

    def __init__(self, spec):
        super().__init__(spec, spec.features)
        self.median = nn.Parameter(torch.zeros(spec.features))

    def prepare_fit(self, rows):
        self.median.data.copy_(rows.train.x.flatten(1).median(0).values)

    def embed(self, x):
        return x.flatten(1) - self.median


def test_a_model_of_all_rows_takes_no_step(request_of, tmp_path):
    parts = resolve(request_of("pca"))
    model = Medians(parts.data.spec)
    trainer = make_trainer(parts.trainer, model, tmp_path)
    assert fit(trainer, model, parts.data).seconds > 0
    assert trainer.global_step == 0
    x = parts.data.tensors("train")[0].flatten(1)
    assert torch.equal(model.median.detach(), x.median(0).values)


def test_all_that_takes_one_pass_is_solved():
    solved = set()
    for name, path in names("conf/model").items():
        module, _, kind = load_yaml(path)["class_path"].rpartition(".")
        made = getattr(__import__(module, fromlist=[kind]), kind)
        assert issubclass(made, Solved) == (made.fitting == "one_pass"), name
        solved |= {name} if issubclass(made, (ClosedForm, FullBatch)) else set()
    texts = {"ppmi_svd", "tfidf_svd"}
    assert solved >= {"pca", "ppca", "factor_analysis", "kmeans", "gaussian_mixture", *texts}
