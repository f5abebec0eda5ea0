"""From a request to objects: every value is checked against the constructors' types, then jsonargparse builds them."""

from __future__ import annotations

import importlib
import json
import pkgutil
from functools import cache, partial
from typing import Any, NamedTuple

from jsonargparse import ArgumentError, ArgumentParser
from lightning.pytorch import Trainer

import embedbench.encoders
from embedbench.catalog import class_at
from embedbench.data.base import EmbeddingDataModule
from embedbench.encoders.default import arguments_of
from embedbench.errors import UsageError
from embedbench.evaluation.suite import Suite
from embedbench.paradigms.base import Paradigm
from embedbench.request.arguments import as_written, check_arguments, check_group
from embedbench.request.request import Request
from embedbench.request.suite_request import with_cache
from embedbench.text.tokenizer_spec import TokenizerSpec

ModelFactory = partial[Paradigm]
BASES: dict[str, type] = {"model": Paradigm, "data": EmbeddingDataModule, "suite": Suite}


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
    classes, config, built = _build(request)
    whole = {name: {**request[name], "init_args": config.get(name, {})} for name in classes}
    # Trainer's own defaults are many and change with Lightning: only what was asked is kept.
    whole["trainer"] = {key: config["trainer"].get(key) for key in request["trainer"]}
    asked = {key: built["trainer"][key] for key in request["trainer"]}
    make_model = _factory(classes["model"], built["model"])
    built["data"].reader = _reader(make_model, config.get("model", {}))
    return Parts({**request, **whole}, built["data"], make_model, with_cache(built["suite"]), asked)


def _build(request: Request) -> tuple[dict[str, type], dict[str, Any], dict[str, Any]]:
    """The classes of the groups, their arguments with defaults filled in, and what jsonargparse makes of these."""
    _import_encoders()
    classes = {name: check_group(f"--{name}", request[name], base) for name, base in BASES.items()}
    config: dict[str, Any] = {}
    built: dict[str, Any] = {}
    for name, found in {**classes, "trainer": Trainer}.items():
        given = request["trainer"] if name == "trainer" else request[name].get("init_args") or {}
        parser = _parser(name, found)
        try:
            parsed = parser.parse_object({name: as_written(given, found)})
        except ArgumentError as error:  # beyond the checks: types that only jsonargparse could resolve
            raise UsageError(f"an argument can't be used: {' '.join(str(error).split())}") from None
        config |= json.loads(parser.dump(parsed, format="json"))
        built[name] = parser.instantiate(parsed).get(name)
    return classes, config, built


@cache  # Trainer's many arguments take longer to make than all else here
def _parser(name: str, found: type) -> ArgumentParser:
    """Parses the arguments of a group by its class; the model waits for a spec, and the trainer for its model."""
    parser = ArgumentParser(exit_on_error=False)
    parser.add_class_arguments(found, name, skip={"spec"}, instantiate=name not in ("model", "trainer"))
    return parser


def _factory(model: type, arguments: Any) -> ModelFactory:
    return partial(model, **vars(arguments) if arguments is not None else {})


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
