"""Arguments checked by the source of a class: what is refused is refused by the class as well, in the same words."""

import pytest

from embedbench.arguments.by_source import check_by_source
from embedbench.arguments.check import check_arguments
from embedbench.catalog import class_at, load_yaml, names
from embedbench.errors import UsageError

VAE = "embedbench.paradigms.generative.vae.VAE"
BAD = [
    (VAE, {"latent_dim": "x"}),
    (VAE, {"latent_dim": 0}),
    (VAE, {"latent_dm": 2}),
    (VAE, {"lr": -1.0}),
    ("embedbench.paradigms.baseline.raw.Raw", {"latent_dim": 2}),
    ("lightning.pytorch.trainer.trainer.Trainer", {"max_steps": "x"}),
    ("lightning.pytorch.trainer.trainer.Trainer", {"max_step": 1}),
    ("embedbench.data.tables.table.Table", {"path": "a.csv", "batch_size": 0}),
]


@pytest.mark.parametrize(("class_path", "given"), BAD)
def test_it_refuses_as_the_class_does(class_path, given):
    with pytest.raises(UsageError) as early:
        check_by_source("--it", class_path, given)
    with pytest.raises(UsageError) as late:
        check_arguments("--it", given, class_at(class_path))
    assert str(early.value) == str(late.value)


@pytest.mark.parametrize("folder", ["conf/model", "conf/data"])
def test_what_is_shipped_passes(folder):
    for path in names(folder).values():
        content = load_yaml(path)
        check_by_source("--it", content["class_path"], content.get("init_args"))


def test_what_is_not_sure_passes():
    check_by_source("--it", VAE, {"latent_dim": 2, "encoder": "Conv"})
    check_by_source("--it", VAE, {"encoder": {"class_path": "Conf"}})
    check_by_source("--it", VAE, None)
    check_by_source("--it", VAE, "no mapping")
    check_by_source("--it", "nowhere.Model", {"any": 1})
