"""Arrays, lists and tensors of whoever calls, as arrays of numpy."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedbench.errors import UsageError


def refuse_no_unit(what: str, array: NDArray[Any]) -> None:
    """Refuses dates and times of numpy that don't say what they count, days or seconds.

    Raises:
        UsageError: If it holds such.
    """
    if array.dtype.kind in "mM" and np.datetime_data(array.dtype)[0] == "generic":
        raise UsageError(f"{what} holds dates or times without a unit; give them one, such as datetime64[D].")


def as_array(what: str, values: Any) -> NDArray[Any]:
    """Numpy's view of nested lists, of an array, or of a torch tensor on any device and of any layout.

    Args:
        what: It is, as a refusal says it.
        values: A tensor is known by its ``detach``; one of a type that numpy lacks, such as bfloat16, becomes float32.

    Raises:
        UsageError: If its rows have several lengths, or it is a tensor that has no such numbers.
    """
    try:
        if not hasattr(values, "detach"):
            return np.asarray(values)
        here = values.detach()
        if here.is_nested or here.is_quantized or here.is_meta:
            kind = "nested" if here.is_nested else "quantized" if here.is_quantized else "meta"
            raise UsageError(f"{what} must be a tensor of numbers, got a {kind} one; make it an ordinary one.")
        here = (here if str(here.layout) == "torch.strided" else here.to_dense()).cpu()
        small = here.is_floating_point() and here.dtype.itemsize <= 2
        return np.asarray(here.resolve_conj().resolve_neg().numpy() if not small else here.float().numpy())
    except UsageError:
        raise
    except (ValueError, TypeError, RuntimeError, NotImplementedError) as error:  # numpy's of ragged rows, torch's
        reason = " ".join(str(error).split()).partition(". ")[0][:120]
        raise UsageError(f"{what} can't be made an array ({reason}); give rows of one length.") from None
