"""What a run used of the machine."""

from __future__ import annotations

import resource
import sys

import torch
from lightning.pytorch import Trainer

from embedbench.paradigms.base import Paradigm


def resources(trainer: Trainer, model: Paradigm) -> dict[str, int | float | str | None]:
    """Trainable and fitted parameters, peak memory of this process (and its GPU) in bytes, and the devices."""
    unit = 1 if sys.platform == "darwin" else 1024  # getrusage counts bytes on macOS and KiB elsewhere
    device = trainer.strategy.root_device
    gpu = torch.cuda.max_memory_allocated(device) if device.type == "cuda" else None
    return {
        "parameters": sum(p.numel() for p in model.parameters()),
        "peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit,
        "peak_gpu_memory_bytes": gpu,
        "devices": trainer.num_devices,
        "world_size": trainer.world_size,
        "accelerator": type(trainer.accelerator).__name__.removesuffix("Accelerator").lower(),
    }
