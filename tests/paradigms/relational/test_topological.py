"""The three terms, and where the input distances come from."""

import pytest
import torch
from given_rows import fit_rows

from embedbench.errors import UsageError
from embedbench.paradigms.relational.spanning_tree import topological_errors
from embedbench.paradigms.relational.topological import Topological
from embedbench.types import Batch, DataSpec

SPEC = DataSpec("tabular", (5,), 40, "none")
SPLITS = {
    "train": torch.rand(40, 5, generator=torch.Generator().manual_seed(0)),
    "val": torch.rand(20, 5, generator=torch.Generator().manual_seed(1)),
}
INDEX = torch.tensor([3, 9, 17, 4, 0, 12])


def model_of(relations, **arguments):
    torch.manual_seed(0)
    model = Topological(SPEC, 2, **arguments)
    model.prepare_fit(fit_rows(model, **SPLITS, relations=relations))
    return model


def test_terms_are_the_reconstruction_and_the_weighted_errors():
    model, x = model_of({}, topology=0.5), SPLITS["train"][INDEX]
    with torch.no_grad():
        found = {name: float(term) for name, term in model.terms(Batch(x, None, INDEX)).items()}
        z = model.embed(x)
        there, back = topological_errors(torch.cdist(x, x), torch.cdist(z, z))
        error = float((model.decoder(z) - x).square().sum()) / len(x)
    assert found == pytest.approx({
        "reconstruction": error, "input_to_latent": 0.5 * float(there), "latent_to_input": 0.5 * float(back)
    })  # fmt: skip


def test_relations_of_the_data_come_before_their_features_in_the_unit_of_these():
    relations = {split: 1000 * torch.cdist(x, x).square() for split, x in SPLITS.items()}
    model = model_of(relations)
    unit = float(torch.cdist(SPLITS["train"], SPLITS["train"]).mean() / relations["train"].mean())
    for split in ("train", "val"):
        model.train(split == "train")
        x = SPLITS[split][INDEX]
        with torch.no_grad():
            terms, z = model.terms(Batch(x, None, INDEX)), model.embed(x)
            wanted = topological_errors(unit * relations[split][INDEX][:, INDEX], torch.cdist(z, z))
        assert float(terms["input_to_latent"]) == pytest.approx(float(wanted[0]), rel=1e-4)
        assert float(terms["latent_to_input"]) == pytest.approx(float(wanted[1]), rel=1e-4)


def test_each_step_reaches_all_weights_also_of_equal_rows():
    model = model_of({})
    for x in (SPLITS["train"], SPLITS["train"][:1].expand(6, 5), SPLITS["train"][:1]):
        model.zero_grad()
        sum(model.terms(Batch(x, None, torch.arange(len(x)))).values()).backward()
        assert all(bool(weight.grad.isfinite().all()) for weight in model.parameters())


def test_weight_below_zero_is_refused():
    with pytest.raises(UsageError, match="`topology` must be a number of at least 0, got -1"):
        Topological(SPEC, 2, topology=-1.0)
