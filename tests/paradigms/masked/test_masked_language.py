"""Hidden tokens: what the model sees, what is scored, and what a text's embedding follows from."""

import math
import shutil

import pytest
import torch
from transformers import AutoModelForMaskedLM, BertConfig, BertForMaskedLM

from embedbench.encoders.hugging_face import OwnTokenizer
from embedbench.functional.masking import hide_tokens
from embedbench.paradigms.masked.masked_language import MaskedLanguage
from embedbench.text.vocabulary import Vocabulary, learn_pieces
from embedbench.types import Batch, DataSpec

TEXTS = ["a small songbird of northern America", "a hydraulic brake for a wheel", "the state of being unable", "a"]
PIECES = learn_pieces(TEXTS, 320, 16)
SPEC = DataSpec("text", (), 50, "none", vocabulary=PIECES)
INDEX = torch.arange(len(TEXTS))


def ids(text, texts=TEXTS):
    """Token ids of texts by a vocabulary, ``(texts, length)``."""
    vocabulary = Vocabulary(text)
    found, starts, _ = vocabulary.encode(texts)
    rows = list(torch.from_numpy(found).long().tensor_split(torch.from_numpy(starts[1:-1])))
    return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=vocabulary.pad)


def noise_of(rows, longest=16, fate=0.5):
    """Noise that hides by chance and lets ``fate`` choose what is seen of it."""
    return torch.rand(rows, 3, longest).index_fill(1, torch.tensor([1]), fate).flatten(1)


@pytest.fixture
def x():
    return ids(PIECES)


@pytest.fixture
def model():
    torch.manual_seed(0)
    return MaskedLanguage(SPEC, 8, width=32, depth=1, mask_ratio=0.4).eval()


def test_hidden_tokens_are_masked_and_never_a_mark_or_padding(model, x):
    seen = []
    model.encoder.register_forward_pre_hook(lambda module, given: seen.append(given[0]))
    for _ in range(50):
        found = model.predict_hidden(x, noise_of(len(x)))
        hidden = seen[-1] == model.mask
        assert torch.equal(seen[-1][~hidden], x[~hidden])
        assert not bool(torch.isin(x[hidden], torch.tensor([0, 1, 2, 3, 4])).any())
        assert torch.equal(hidden.sum(1), found.hidden)
    inside = (x > 4).sum(1).tolist()
    assert found.hidden.tolist() == [min(max(round(0.4 * n), 1), n - 1) for n in inside]
    assert found.hidden[3] == 0  # of a text of one token nothing is hidden


@pytest.mark.parametrize(("fate", "kept"), [(0.85, False), (0.95, True)])
def test_some_hidden_tokens_are_seen_as_others_or_as_they_are(fate, kept, model, x):
    seen = []
    model.encoder.register_forward_pre_hook(lambda module, given: seen.append(given[0]))
    for _ in range(20):
        model.predict_hidden(x, noise_of(len(x), fate=fate))
        assert torch.equal(seen[-1], x) is kept
        assert torch.equal(seen[-1] > 4, x > 4)


def test_loss_and_accuracy_are_those_of_transformers(bert, x_of_bert):
    """With a bottleneck as wide as the states a pretrained model says what it says without one."""
    spec, x = DataSpec("text", (), 50, "none", vocabulary=bert[1]), x_of_bert
    model = MaskedLanguage(spec, 24, str(bert[0]), longest=32, mask_ratio=0.4).eval()
    noise = noise_of(len(x), 32)
    hidden = hide_tokens(noise.view(len(x), 3, 32)[:, 0, : x.shape[1]], x > 4, x > 4, 0.4)
    reference = AutoModelForMaskedLM.from_pretrained(bert[0]).eval()
    with torch.no_grad():
        found = model.predict_hidden(x, noise)
        given = {"input_ids": x.masked_fill(hidden, model.mask), "attention_mask": (x != model.pad).long()}
        whole = reference(**given, labels=x.masked_fill(~hidden, -100))
    assert torch.equal(found.hidden, hidden.sum(1))
    assert float(found.loss.sum() / found.hidden.sum()) == pytest.approx(float(whole.loss), rel=1e-4)
    assert int(found.right.sum()) == int((whole.logits.argmax(2) == x)[hidden].sum())
    assert torch.equal(found.choices, found.hidden)


def test_baseline_is_the_share_of_each_token_and_one_more(model, x):
    model.learn_marginals([x[:2], x[2:]])
    counts = {token: x.flatten().tolist().count(token) + 1 for token in range(5, 320)}
    seen = []
    model.encoder.register_forward_pre_hook(lambda module, given: seen.append(given[0]))
    found = model.predict_hidden(x, noise_of(len(x))).baseline
    for row in range(len(x)):
        tokens = x[row][seen[0][row] == model.mask].tolist()
        wanted = sum(math.log(sum(counts.values()) / counts[token]) for token in tokens)
        assert float(found[row]) == pytest.approx(wanted)


def test_scores_belong_to_the_row_and_the_seed(model, x):
    with torch.no_grad():
        whole = model.row_scores(x, INDEX, 1, 0)
        part = model.row_scores(x[[2, 1]][:, :12], INDEX[[2, 1]], 100, 0)
        other = model.row_scores(x, INDEX, 1, 1)
    assert not bool(x[[2, 1], 12:].any())  # padding only
    for name, values in whole.items():
        assert values.dtype == torch.float64
        torch.testing.assert_close(values[[2, 1]], part[name], atol=1e-5, rtol=1e-5)
    assert not torch.equal(whole["loss"], other["loss"])


def test_training_hides_other_tokens_each_step_and_measuring_the_same(model, x):
    rows = Batch(x, None, INDEX)
    assert torch.equal(model.terms(rows)["hidden"], model.terms(rows)["hidden"])
    model.train()
    assert len({float(model.terms(rows)["hidden"].detach()) for _ in range(8)}) == 8


def test_whole_words_are_hidden_with_all_their_pieces(x):
    torch.manual_seed(0)
    model = MaskedLanguage(SPEC, 8, width=32, depth=1, whole_words=True, mask_ratio=0.4).eval()
    assert model.remarks(1) == ["masked/loss is the cross-entropy in nats of 40% of the words, hidden"]
    words, seen = Vocabulary(PIECES).words, []
    model.encoder.register_forward_pre_hook(lambda module, given: seen.append(given[0]))
    for _ in range(20):
        model.predict_hidden(x, noise_of(len(x)))
        for row, now in zip(x.tolist(), (seen[-1] == model.mask).tolist(), strict=True):
            assert all(
                now[place] == now[place - 1]
                for place, token in enumerate(row)
                if token > 4 and not words[token].startswith("Ġ")
            )


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_embedding_is_the_bottleneck_of_the_whole_text(pooling, x):
    model = MaskedLanguage(SPEC, 8, width=32, depth=1, pooling=pooling).eval()
    with torch.no_grad():
        found = model.embed(x)
        for row, z in zip(x, found, strict=True):
            latents = model.to_latent(model.encoder(row[row != 0][None]))[0]  # without padding
            torch.testing.assert_close(z, latents.mean(0) if pooling == "mean" else latents[0], atol=1e-5, rtol=1e-5)


def test_it_learns_which_words_stand_together():
    torch.manual_seed(0)
    texts = [f"{a} {a} {a} {a}" for a in ("wheel", "songbird", "state", "brake")] * 8
    text = learn_pieces(texts, 400, 12)
    model = MaskedLanguage(SPEC._replace(vocabulary=text), 8, width=32, depth=1, mask_ratio=0.3, lr=3e-3).train()
    rows = Batch(ids(text, texts), None, torch.arange(32))
    model.learn_marginals([rows.x])
    optimiser = model.configure_optimizers()
    for _ in range(150):
        optimiser.zero_grad()
        model.terms(rows)["hidden"].backward()
        optimiser.step()
    with torch.no_grad():
        found = model.eval().row_scores(rows.x, rows.index, 1, 0)
    assert float(found["loss"].sum()) < 0.2 * float(found["baseline"].sum())
    assert float(found["right"].sum()) > 0.9 * float(found["choices"].sum())


@pytest.fixture(scope="module")
def bert(tiny_bert, tmp_path_factory):
    """A folder with a masked language model in half precision, and its vocabulary."""
    folder = tmp_path_factory.mktemp("bert") / "masked"
    shutil.copytree(tiny_bert, folder)
    sizes = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48}
    torch.manual_seed(1)
    config = BertConfig(vocab_size=320, **sizes, max_position_embeddings=32, initializer_range=0.5)
    BertForMaskedLM(config).save_pretrained(folder)
    return folder, OwnTokenizer(str(folder), None).vocabulary([])


@pytest.fixture
def x_of_bert(bert):
    torch.manual_seed(2)
    return ids(bert[1])
