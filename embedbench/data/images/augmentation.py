"""Augmentation of train images, for any model that is learned by gradient steps."""

from __future__ import annotations

import torch
from torch import Tensor

from embedbench.functional.augment import flip, random_affine

_SHIFT, _DEGREES = 0.1, 10.0  # at most: of the sides, and to either side (Guo et al., 2018)


def augmented(x: Tensor, affine: bool, mirrored: bool) -> Tensor:
    """Images ``(batch, channels, height, width)`` shifted and turned at random, and half of them mirrored, if asked."""
    if affine:
        x = random_affine(x, torch.rand(len(x), 3, device=x.device), _SHIFT, _DEGREES)
    return flip(x, torch.rand(len(x), device=x.device)) if mirrored else x


def augmentation_notes(affine: bool, mirrored: bool, fitting: str) -> list[str]:
    """What a reader of the result should know of it, one sentence each.

    Args:
        affine: Whether images were to be shifted and turned.
        mirrored: Whether half of them were to be mirrored.
        fitting: How the model learns.
    """
    asked = [*(["random_affine"] if affine else []), *(["flip"] if mirrored else [])]
    if not asked:
        return []
    if fitting != "gradient":
        return [f"--data.{asked[0]} did nothing: this model is learned by no gradient steps"]
    how = [*(["shifted and turned"] if affine else []), *(["mirrored by halves"] if mirrored else [])]
    return [f"train images were augmented in training: {' and '.join(how)} at random"]
