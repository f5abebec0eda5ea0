"""Threads for work whose products of matrices are small: one thread of linear algebra in each."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager


@contextmanager
def workers() -> Iterator[tuple[ThreadPoolExecutor, int]]:
    """As many threads as numpy's linear algebra may use, and their number.

    Each has one thread of linear algebra meanwhile: what follows a product then runs in parallel too, in the cache of
    the same core.
    """
    from threadpoolctl import ThreadpoolController

    control = ThreadpoolController()
    threads = max((one.num_threads for one in control.lib_controllers if one.user_api == "blas"), default=1)
    with control.limit(limits=1), ThreadPoolExecutor(threads) as pool:
        yield pool, threads
