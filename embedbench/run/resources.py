"""What a run uses of the machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from lightning.pytorch import Trainer
from lightning.pytorch.utilities import rank_zero_only
from torch.nn import Module

from embedbench.paradigms.base import Paradigm


def resources(trainer: Trainer, model: Paradigm) -> dict[str, int | float | str | None]:
    """Trainable and fitted parameters, peak memory of this process (and its GPU) in bytes, and the devices."""
    encoder = getattr(model, "encoder", None)
    device = trainer.strategy.root_device
    gpu = torch.cuda.max_memory_allocated(device) if device.type == "cuda" else None
    return {
        "parameters": sum(p.numel() for p in model.parameters()),
        **({"encoder_parameters": sum(p.numel() for p in encoder.parameters())} if isinstance(encoder, Module) else {}),
        "peak_memory_bytes": _peak_memory(),
        "peak_gpu_memory_bytes": gpu,
        "devices": trainer.num_devices,
        "world_size": trainer.world_size,
        "accelerator": type(trainer.accelerator).__name__.removesuffix("Accelerator").lower(),
    }


def _peak_memory() -> int | None:
    """The most memory that this process has held, in bytes; ``None`` on Windows, which doesn't tell."""
    if sys.platform == "win32":
        return None
    import resource

    unit = 1 if sys.platform == "darwin" else 1024  # getrusage counts bytes on macOS and KiB elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


@contextmanager
def threads(number: int | None) -> Iterator[None]:
    """The body by so many of torch's threads, if a number is given; whoever called has his own again afterwards."""
    before = torch.get_num_threads()
    if number:
        torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def is_first() -> bool:
    """Whether this process will be global rank 0, known before there is a Trainer.

    Lightning reads the rank that a launcher or a parent process set. On further nodes that are started by hand, the
    first process has none yet: there, the node's number tells.
    """
    return not getattr(rank_zero_only, "rank", 0) and os.environ.get("NODE_RANK", "0") == "0"
