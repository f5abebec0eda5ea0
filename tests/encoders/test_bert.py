"""The encoder of texts: what transformers makes of the same configuration, padding ignored."""

import pytest
import torch

from embedbench.encoders.bert import Bert
from embedbench.encoders.default import default_encoder, encoder_reader
from embedbench.encoders.mlp import MLP
from embedbench.errors import UsageError
from embedbench.text.tokenizer_spec import NoTokenizer, Subwords
from embedbench.text.vocabulary import learn_pieces
from embedbench.types import DataSpec

SPEC = DataSpec("text", (), 5, "none", vocabulary=learn_pieces(["a text", "another text"], 300, 16))
X = torch.tensor([[2, 7, 8, 9, 3], [2, 250, 3, 0, 0]])


def test_features_are_the_mean_over_tokens():
    encoder = Bert(SPEC, width=32).eval()
    with torch.no_grad():
        states = encoder.model(input_ids=X[1:, :3]).last_hidden_state
        torch.testing.assert_close(encoder(X)[1], states[0].mean(0), atol=1e-6, rtol=0)
    assert encoder.out_dim == 32
    assert encoder.model.pooler is None


def test_dropout_gives_two_views_in_training_alone():
    encoder = Bert(SPEC, width=32)
    assert not torch.equal(encoder(X), encoder(X))
    encoder.eval()
    assert torch.equal(encoder(X), encoder(X))
    still = Bert(SPEC, width=32, dropout=0.0)
    assert torch.equal(still(X), still(X))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [({"dropout": 1.0}, r"`dropout` must be a number in \[0, 1\), got 1.0"), ({"width": 40}, "`width` must")],
)
def test_arguments_out_of_range_are_refused(arguments, said):
    with pytest.raises(UsageError, match=said):
        Bert(SPEC, **arguments)


def test_it_is_the_default_for_texts_and_says_how_they_are_read():
    assert isinstance(default_encoder(SPEC), Bert)
    assert encoder_reader(None) == Subwords(None, 128)
    assert encoder_reader(Bert) == Subwords(None, 128)
    assert encoder_reader(MLP) == NoTokenizer("encoder `MLP`", "Bert")


def test_images_are_refused():
    with pytest.raises(UsageError, match="the bert encoder needs texts, got image data"):
        Bert(DataSpec("image", (1, 8, 8), 5, "none"))
