"""What embeddings follow from beside the rows, as digests: the model as it is, the code and the arithmetic."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning.pytorch import LightningModule, Trainer
from numpy.typing import NDArray
from torch import Tensor, nn
from torchmetrics import Metric

from embedbench.cache import digest
from embedbench.code_state import own_sources, sources, versions
from embedbench.paradigms.base import Paradigm
from embedbench.request.content import contents

# Of this package, what makes z of rows.
_STEP = ("data", "encoders", "files", "functional", "neighbors", "paradigms", "text", "collect.py", "types.py")
_LIBRARIES = ("lightning", "tokenizers", "torch", "torchmetrics", "transformers")  # known by their versions
_SKIPPED = {"training"}


def setting_content(setting: dict[str, Any]) -> str:
    """Digest of a model's class and arguments; of those that name a file or a folder, of its content too.

    A text that happens to be a file's name counts as well: a class of a user's may not say that it takes a path, and to
    embed once more costs little beside an embedding that is none of this model's.
    """
    files = [path for text in _texts(setting) if (path := Path(text)).is_file()]
    named = json.dumps([setting, contents(setting)], sort_keys=True)
    return digest([named, *(np.fromfile(path, np.uint8) for path in files)])


def model_content(model: Paradigm) -> str:
    """Digest of a model: its spec, the classes of its modules, all tensors and the plain settings of its parts.

    Tensors that are not saved with the weights count, and so do settings of parts that no argument of the model names,
    such as those that a pretrained encoder's files give. The model's own are its arguments, beside what fitting left.
    """
    return digest(_model_parts(model))


def code_content(model: nn.Module) -> str | None:
    """Digest of the code that makes an embedding of a row.

    That is this package's from data to paradigms, the whole packages in which other classes among the model's modules
    lie (of a class in a single file: that file and those beside it), and the versions of the libraries.

    Returns:
        ``None`` if a class has no source, such as one typed into a notebook.
    """
    tops = {type(module).__module__.partition(".")[0] for module in model.modules()}
    found: list[str] = versions(*_LIBRARIES)
    for top in sorted(tops - {"embedbench", *_LIBRARIES}):
        files = _files_of(top)
        if not files:
            return None
        found += sources(files)
    return digest([*found, *own_sources(*_STEP)])


def arithmetic(trainer: Trainer) -> str:
    """Where and with which precision the numbers are made."""
    device = trainer.strategy.root_device.type
    return f"{device} {trainer.precision} {torch.get_float32_matmul_precision()}"


def _texts(value: Any) -> Iterator[str]:
    """Every text in nested mappings and lists."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


def _model_parts(model: Paradigm) -> Iterator[str | NDArray[Any]]:
    yield repr(model.spec)
    bare = {*vars(LightningModule()), *_SKIPPED}
    for place, module in model.named_modules():
        yield f"{place} {type(module).__module__}.{type(module).__qualname__}"
        settings = {} if module is model or isinstance(module, Metric) else vars(module)
        for name, value in sorted(settings.items()):
            if name not in bare and _is_plain(value):
                yield f"{name} {value!r}"
        tensors = {**module._parameters, **module._buffers}
        for name, tensor in sorted(tensors.items()):
            if tensor is not None:
                yield f"{name} {tuple(tensor.shape)} {tensor.dtype}"
                yield _bytes(tensor)


def _is_plain(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(_is_plain(item) for item in value)
    return value is None or isinstance(value, bool | int | float | str)


def _bytes(tensor: Tensor) -> NDArray[Any]:
    """The bytes of a tensor of any type, uint8 ``(bytes,)``."""
    found: NDArray[Any] = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy()
    return found


def _files_of(top: str) -> list[Path]:
    """The source files of a package, or of a module and of those beside it; none if there is no such thing."""
    if top == "__main__" or (found := importlib.util.find_spec(top)) is None:
        file = getattr(sys.modules.get(top), "__file__", None)
        return sorted(Path(file).parent.glob("*.py")) if file else []
    if found.submodule_search_locations:
        return [file for folder in found.submodule_search_locations for file in Path(folder).rglob("*.py")]
    return sorted(Path(found.origin).parent.glob("*.py")) if found.origin and Path(found.origin).is_file() else []
