"""One thread of linear algebra in each worker, and as before afterwards."""

import os
import subprocess
import sys
import threading

import pytest
import torch
from threadpoolctl import threadpool_info, threadpool_limits

from embedbench.neighbors.workers import workers

# Faiss's OpenBLAS takes its threads from OpenMP, which keeps a number for each thread that starts as the environment's.
EVERY_LIBRARY = """
import faiss
from threadpoolctl import threadpool_info
from embedbench.neighbors.workers import workers
with workers() as (pool, _):
    print({one["num_threads"] for one in pool.submit(threadpool_info).result()})
"""


def blas():
    return {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"}


@pytest.mark.parametrize("allowed", [1, 2])
def test_as_many_workers_as_linear_algebra_may_use(allowed):
    with threadpool_limits(allowed, user_api="blas"):
        before = blas()
        with workers() as (pool, threads):
            assert threads == max(before)
            assert pool._max_workers == threads
            assert pool.submit(blas).result() == {1}
        assert blas() == before


def test_one_thread_in_workers_where_openmp_has_more():
    command = [sys.executable, "-c", EVERY_LIBRARY]
    env = {**os.environ, "OMP_NUM_THREADS": "2"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "{1}\n"


def test_torch_has_one_thread_in_workers_alone():
    own = torch.get_num_threads()
    torch.set_num_threads(2)
    later = []
    try:
        with workers() as (pool, _):
            assert pool.submit(torch.get_num_threads).result() == 1
        another = threading.Thread(target=lambda: later.append(torch.get_num_threads()))
        another.start()
        another.join()
    finally:
        torch.set_num_threads(own)
    assert later == [2]


def test_products_are_of_float32_whatever_torch_may_round():
    rows = torch.randn(64, 130, generator=torch.Generator().manual_seed(0))
    exact = (rows.double() @ rows.double().T).float()
    own = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        with workers() as (pool, _):
            found = pool.submit(torch.mm, rows, rows.T).result()
        assert torch.backends.mkldnn.enabled
        assert torch.get_float32_matmul_precision() == "medium"
    finally:
        torch.set_float32_matmul_precision(own)
    torch.testing.assert_close(found, exact, rtol=1e-5, atol=1e-4)
