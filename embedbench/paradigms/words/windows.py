"""Windows over text as word2vec draws them: frequent words thinned out, each word's window of random width.

Neighbouring words share most of their windows, so that text is cut into blocks: within a block, every pair of words is
an entry of one matrix product, and a vector is fetched once for all windows that hold it.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

BLOCK = 32  # words: longer ones multiply more pairs that are in no window, shorter ones fetch more words twice


class Windows(NamedTuple):
    """The words of some text, and which words are near which.

    Attributes:
        centre: Word numbers in order of the text, int64 ``(blocks, size)``.
        around: The same, with ``window`` more on either side, int64 ``(blocks, width)``, width = size + 2 window.
        near: 1 where a word of ``around`` is in the window of one of ``centre``, else 0; ``(blocks, size, width)``.
    """

    centre: Tensor
    around: Tensor
    near: Tensor

    def split(self, blocks: int) -> list[Windows]:
        """Parts of so many blocks, the last one of what is left."""
        parts = zip(*(torch.split(each, blocks) for each in self), strict=True)
        return [Windows(*part) for part in parts]


def keep_probability(counts: Tensor, threshold: float) -> Tensor:
    """Chance of each word to stay, √(t/f) + t/f and at most 1, f its share of all tokens (word2vec.c, 2013).

    Words with a share above t·(3 + √5)/2 are thinned out. (The paper, Mikolov et al., 2013, has √(t/f) alone.)

    Args:
        counts: How often each word occurs, ``(words,)``.
        threshold: t, above 0; 1e-3 thins out few words, 1e-5 most.

    Returns:
        float32 ``(words,)``; 1 for a word that doesn't occur.
    """
    odds = threshold * counts.sum() / counts.double()
    return (odds.sqrt() + odds).clamp(max=1).float()


def unpadded(tokens: Tensor, padding: int) -> tuple[Tensor, Tensor]:
    """The words of padded rows one after another, and the number of the row that each stands in.

    Args:
        tokens: int64 ``(batch, length)``.
        padding: Number that stands for no word.

    Returns:
        Two of int64 ``(tokens,)``.
    """
    row, place = (tokens != padding).nonzero(as_tuple=True)
    return tokens[row, place], row


def subsampled(tokens: Tensor, document: Tensor, keep: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """The tokens that stay, each by its own draw, and their documents; those around a lost one move together.

    Args:
        tokens: Word numbers, int64 ``(tokens,)``.
        document: Number of the document, ``(tokens,)``.
        keep: Chance to stay of each word, ``(words,)``.
        generator: Of the draws.
    """
    stays = torch.rand(len(tokens), generator=generator, device=tokens.device) < keep[tokens]
    return tokens[stays], document[stays]


def windows(tokens: Tensor, document: Tensor, window: int, generator: torch.Generator) -> Windows:
    """Blocks of 32 words and their windows, which end where the document does.

    Each word draws its half width uniformly from 1 to ``window`` (Mikolov et al., 2013). The last block is filled up
    with words that are near none.

    Args:
        tokens: Word numbers, int64 ``(tokens,)``; none make one empty block.
        document: Number of the document, 0 or more, int64 ``(tokens,)``; equal ones stand together.
        window: Largest half width, 1 or more.
        generator: Of the draws.
    """
    blocks = max(1, -(-len(tokens) // BLOCK))
    behind = blocks * BLOCK - len(tokens) + window
    text = torch.nn.functional.pad(tokens, (window, behind)).unfold(0, BLOCK + 2 * window, BLOCK)  # (blocks, width)
    home = torch.nn.functional.pad(document, (window, behind), value=-1).unfold(0, BLOCK + 2 * window, BLOCK)
    inner = slice(window, window + BLOCK)
    place = torch.arange(BLOCK + 2 * window, device=tokens.device)
    apart = (place[inner, None] - place).abs()  # (size, width)
    reach = torch.randint(1, window + 1, (len(text), BLOCK, 1), generator=generator, device=tokens.device)
    near = (apart <= reach) & (apart > 0) & (home[:, inner, None] == home[:, None]) & (home[:, None] >= 0)
    return Windows(text[:, inner], text, near.float())
