"""From a request to objects: every value is checked against its constructor's types, then the builder makes them."""

from __future__ import annotations

import importlib
import pkgutil
from functools import partial
from typing import Any, NamedTuple

from lightning.pytorch import Trainer

import embedbench.encoders
from embedbench.arguments.build import build, build_class
from embedbench.arguments.check import check_arguments
from embedbench.catalog import class_at
from embedbench.data.augmentation import Views
from embedbench.data.base import EmbeddingDataModule
from embedbench.encoders.default import arguments_of
from embedbench.errors import UsageError
from embedbench.evaluation.suite import Suite
from embedbench.paradigms.base import Paradigm
from embedbench.request.request import Request
from embedbench.request.suite_request import with_cache
from embedbench.text.tokenizer_spec import TokenizerSpec

ModelFactory = partial[Paradigm]
BASES: dict[str, type] = {"model": Paradigm, "data": EmbeddingDataModule, "suite": Suite, "augment": Views}


class Parts(NamedTuple):
    """What a request asks for: the whole configuration, built data and suite, and what makes the model of the spec."""

    config: dict[str, Any]
    data: EmbeddingDataModule
    make_model: ModelFactory
    suite: Suite
    trainer: dict[str, Any]


def resolve(request: Request) -> Parts:
    """Checks a request and builds its parts; the model waits for the data's spec and the seed.

    Raises:
        UsageError: If a class, key, type or value is not accepted; the key, the value and what is accepted are named.
    """
    check_arguments("--trainer", request["trainer"], Trainer)
    _refuse_ours(request["trainer"])
    _import_encoders()
    built = {name: build(f"--{name}", request[name], base) for name, base in BASES.items() if name in request}
    trainer = build_class("--trainer", request["trainer"], Trainer)
    data, suite, model = built["data"].make(), built["suite"].make(), built["model"]
    whole = {name: {**request[name], "init_args": one.config} for name, one in built.items()}
    # Trainer's own defaults are many and change with Lightning: only what was asked is kept.
    whole["trainer"] = {key: trainer.config.get(key) for key in request["trainer"]}
    asked = {key: trainer.make.keywords[key] for key in request["trainer"]}
    data.reader = _reader(model.make, model.config)
    data.views = built["augment"].make() if "augment" in built else None
    return Parts({**request, **whole}, data, model.make, with_cache(suite), asked)


def _reader(make_model: ModelFactory, config: dict[str, Any]) -> TokenizerSpec | None:
    """How the model wants texts read, asked before it is built; what makes a part of it names the part's class."""
    made = {name: value for name, value in config.items() if isinstance(value, dict) and "class_path" in value}
    factories = {name: partial(class_at(one["class_path"]), **one.get("init_args", {})) for name, one in made.items()}
    model: type[Paradigm] = make_model.func  # type: ignore[assignment]  # the factory's own class
    return model.reader(arguments_of(partial(make_model, **factories)))


def _refuse_ours(trainer: dict[str, Any]) -> None:
    """Settings that a run makes itself; to accept and ignore one would mislead."""
    for key in ("default_root_dir", "enable_checkpointing", "enable_progress_bar", "enable_model_summary", "barebones"):
        if key in trainer:
            raise UsageError(f"--trainer.{key} is set by every run itself; leave it out.")


def _import_encoders() -> None:
    """Makes every encoder file known, so that a class name alone (``--model.encoder Conv``) finds it."""
    for module in pkgutil.iter_modules(embedbench.encoders.__path__):
        importlib.import_module(f"embedbench.encoders.{module.name}")
