"""Arrays and tensors of whoever calls."""

import numpy as np
import pytest
import torch

from embedbench.errors import UsageError
from embedbench.files.tensors import as_array

VALUES = torch.tensor([[1.0, 0.0], [0.0, 2.5]])


@pytest.mark.parametrize("layout", ["to_dense", "to_sparse", "to_sparse_csr", "to_sparse_csc"])
def test_layouts(layout):
    np.testing.assert_array_equal(as_array("z", getattr(VALUES, layout)()), VALUES)


@pytest.mark.parametrize(
    "kind", [torch.bfloat16, torch.float16, torch.float8_e4m3fn, torch.float64, torch.int64, torch.bool]
)
def test_types(kind):
    given = VALUES.to(kind)
    found = as_array("z", given)
    np.testing.assert_array_equal(found, given.double())
    assert found.dtype == (np.float32 if kind.itemsize <= 2 and kind.is_floating_point else given.numpy().dtype)


def test_large_whole_numbers_are_not_rounded():
    assert as_array("z", torch.tensor([[2**62 + 1]])).tolist() == [[2**62 + 1]]


def test_tensors_with_a_gradient_and_arrays_stay_where_they_are():
    weight = torch.nn.Parameter(VALUES.clone())
    assert np.shares_memory(as_array("z", weight), weight.detach().numpy())
    array = np.ones((2, 2))
    assert as_array("z", array) is array


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: [[1.0], [1.0, 2.0]], "z can't be made an array .*; give rows of one length"),
        (lambda: VALUES.to("meta"), "z must be a tensor of numbers, got a meta one"),
        (lambda: torch.nested.nested_tensor([VALUES[0], VALUES[1, :1]]), "got a nested one"),
        (lambda: torch.quantize_per_tensor(VALUES, 0.1, 0, torch.quint8), "got a quantized one"),
    ],
)
def test_what_holds_no_such_numbers(make, message):
    with pytest.raises(UsageError, match=message):
        as_array("z", make())
