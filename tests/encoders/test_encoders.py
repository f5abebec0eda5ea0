"""The contract of every encoder: features of the promised size, and a decoder back to the input's shape."""

from itertools import product

import pytest
import torch

from embedbench.encoders.conv import Conv
from embedbench.encoders.default import default_encoder
from embedbench.encoders.flat import Flat
from embedbench.encoders.mlp import MLP
from embedbench.encoders.vit import ViT
from embedbench.errors import UsageError
from embedbench.types import DataSpec

IMAGES = [(1, 8, 8), (3, 8, 8), (1, 28, 28), (3, 32, 32), (1, 9, 13), (3, 17, 8), (1, 64, 64), (3, 100, 45)]


def spec(shape):
    return DataSpec("image" if len(shape) == 3 else "tabular", shape, 100, "none")


@pytest.mark.parametrize(
    ("factory", "shape"), [*product([MLP, Conv, Flat], IMAGES), *product([MLP, Flat], [(5,), (1,)])]
)
def test_shapes(factory, shape):
    encoder = factory(spec(shape))
    x = torch.randn(2, *shape)
    assert encoder(x).shape == (2, encoder.out_dim)
    assert encoder.mirror(3)(torch.randn(2, 3)).shape == x.shape


@pytest.mark.parametrize("factory", [MLP, Conv, Flat, ViT])
def test_a_row_does_not_depend_on_its_batch(factory):
    encoder = factory(spec((1, 12, 12))).train()
    x = torch.randn(6, 1, 12, 12)
    torch.testing.assert_close(encoder(x)[:1], encoder(x[:1]), atol=1e-5, rtol=1e-5)


def test_mlp_sizes():
    encoder = MLP(spec((1, 28, 28)), width=400, depth=1)
    assert [tuple(p.shape) for p in encoder.parameters()] == [(400, 784), (400,)]
    assert [tuple(p.shape) for p in encoder.mirror(20).parameters()] == [(400, 20), (400,), (784, 400), (784,)]


def test_mlp_of_layers_of_their_own_widths():
    encoder = MLP(spec((1, 28, 28)), widths=[50, 20, 80])
    assert [p.shape[0] for p in encoder.parameters()][::2] == [50, 20, 80]
    assert encoder.out_dim == 80
    assert [p.shape[0] for p in encoder.mirror(10).parameters()][::2] == [80, 20, 50, 784]


def test_mlp_bends_by_the_activation_in_both_directions():
    encoder = MLP(spec((5,)), widths=[7, 3], activation="gelu")
    x = torch.randn(4, 5)
    first, second = encoder.layers[0], encoder.layers[2]
    expected = torch.nn.functional.gelu(second(torch.nn.functional.gelu(first(x))))
    torch.testing.assert_close(encoder(x), expected)
    assert [type(layer).__name__ for layer in encoder.mirror(2)] == [
        "Linear",
        "GELU",
        "Linear",
        "GELU",
        "Linear",
        "Unflatten",
    ]
    assert [type(layer).__name__ for layer in MLP(spec((5,)), depth=1).layers] == ["Linear", "ReLU"]


def test_default_is_conv_for_images_from_16_pixels():
    assert isinstance(default_encoder(spec((1, 16, 16))), Conv)
    assert isinstance(default_encoder(spec((1, 8, 8))), MLP)
    assert isinstance(default_encoder(spec((30,))), MLP)


@pytest.mark.parametrize("shape", [(5,), (1, 7, 9), (2, 8, 8)])
def test_conv_refuses_what_it_cannot_take(shape):
    with pytest.raises(UsageError, match="8×8 or more"):
        Conv(spec(shape))


@pytest.mark.parametrize(
    "call",
    [lambda s: MLP(s, width=0), lambda s: MLP(s, depth=0), lambda s: MLP(s, widths=[]), lambda s: Conv(s, width=12)],
)
def test_bad_sizes_are_refused(call):
    with pytest.raises(UsageError, match=r"`(width|widths|depth)` must"):
        call(spec((1, 8, 8)))
