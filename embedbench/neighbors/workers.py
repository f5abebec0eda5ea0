"""Threads for work whose products of matrices are small: one thread of linear algebra in each."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController


@contextmanager
def workers() -> Iterator[tuple[ThreadPoolExecutor, int]]:
    """As many threads as linear algebra may use, and their number.

    Each has one thread of linear algebra meanwhile, of every library that is loaded: what follows a product then runs
    in parallel too, in the cache of the same core. Torch multiplies float32 as such, without oneDNN: that rounds to
    bfloat16 where `torch.set_float32_matmul_precision` says "medium".
    """
    import torch
    from threadpoolctl import ThreadpoolController

    control = ThreadpoolController()
    threads = max((one.num_threads for one in control.lib_controllers if one.user_api == "blas"), default=1)
    own = torch.get_num_threads()
    onednn = torch.backends.mkldnn.enabled
    torch.backends.mkldnn.enabled = False  # type: ignore[assignment]  # a property of the module
    try:
        with control.limit(limits=1), ThreadPoolExecutor(threads, "", _one_thread, (control,)) as pool:
            yield pool, threads
    finally:
        torch.backends.mkldnn.enabled = onednn
        torch.set_num_threads(own)  # what is set in one thread is what threads to come begin with


def _one_thread(control: ThreadpoolController) -> None:
    """Sets the limit once more in a worker: one that OpenMP keeps holds in the thread that set it alone."""
    import torch

    control.limit(limits=1)
    torch.set_num_threads(1)
