"""From a request to objects: jsonargparse checks every value against the constructors' types."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Callable
from typing import Any, NamedTuple

from jsonargparse import ArgumentError, ArgumentParser
from lightning.pytorch import Trainer

import embedbench.encoders
from embedbench.data.base import EmbeddingDataModule
from embedbench.errors import UsageError
from embedbench.evaluation.suite import Suite
from embedbench.experiment.checks import check_group, check_names, explain
from embedbench.experiment.request import GROUPS, Request
from embedbench.paradigms.base import Paradigm
from embedbench.types import DataSpec

ModelFactory = Callable[[DataSpec], Paradigm]


class Parts(NamedTuple):
    """What a request asks for: the whole configuration, built data and suite, and what makes the model."""

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
    _import_encoders()
    for group in ("model", "data", "suite"):
        check_group(f"--{group}", request[group])
    check_names("--trainer", request["trainer"], Trainer)
    _refuse_ours(request["trainer"])
    parser = ArgumentParser(exit_on_error=False, allow_abbrev=False)
    parser.add_argument("--model", type=ModelFactory, required=True)
    parser.add_subclass_arguments(EmbeddingDataModule, "data", required=True)
    parser.add_subclass_arguments(Suite, "suite", required=True)
    parser.add_class_arguments(Trainer, "trainer", instantiate=False)
    try:
        config = parser.parse_object({group: request[group] for group in GROUPS})
        built = parser.instantiate(config)
    except ArgumentError as error:
        raise explain(error) from None
    whole = json.loads(parser.dump(config, format="json"))
    # Trainer's own defaults are many and change with Lightning: only what was asked is kept.
    whole["trainer"] = {key: whole["trainer"].get(key) for key in request["trainer"]}
    return Parts({**request, **whole}, built.data, built.model, built.suite, dict(built.trainer))


def build_model(request: Request, spec: DataSpec) -> Paradigm:
    """The model of a request for a known spec, without its data.

    Raises:
        UsageError: As ``resolve``.
    """
    _import_encoders()
    check_group("--model", request["model"])
    parser = ArgumentParser(exit_on_error=False, allow_abbrev=False)
    parser.add_argument("--model", type=ModelFactory, required=True)
    try:
        model: Paradigm = parser.instantiate(parser.parse_object({"model": request["model"]})).model(spec)
    except ArgumentError as error:
        raise explain(error) from None
    return model


def _refuse_ours(trainer: dict[str, Any]) -> None:
    """Settings that a run makes itself; to accept and ignore one would mislead."""
    for key in ("default_root_dir", "enable_checkpointing", "enable_progress_bar", "enable_model_summary", "barebones"):
        if key in trainer:
            raise UsageError(f"--trainer.{key} is set by every run itself; leave it out.")


def _import_encoders() -> None:
    """Makes every encoder file known, so that a class name alone (``--model.encoder Conv``) finds it."""
    for module in pkgutil.iter_modules(embedbench.encoders.__path__):
        importlib.import_module(f"embedbench.encoders.{module.name}")
