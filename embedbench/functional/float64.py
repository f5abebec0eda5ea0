"""What is computed in float64, on devices that have it and on those that have not."""

from __future__ import annotations

import torch
from torch import Tensor


def lacks_float64(device: torch.device) -> bool:
    """Whether a device has no float64, as Apple's MPS."""
    return device.type == "mps"


def where_float64_is(x: Tensor) -> Tensor:
    """The tensor on its device, or on the CPU if that device has no float64."""
    return x.cpu() if lacks_float64(x.device) else x


def brought_to(x: Tensor, device: torch.device) -> Tensor:
    """A float64 tensor on a device, in float32 if that one has no float64."""
    return x.float().to(device) if lacks_float64(device) else x.to(device)
