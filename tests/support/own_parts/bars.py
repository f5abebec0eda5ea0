"""A data set as its user writes one, outside of the package."""

import numpy as np

from embedbench.data.base import EmbeddingDataModule, Source
from embedbench.data.prepare import scale


class Bars(EmbeddingDataModule):
    """Noisy pictures of a bar, 8 by 8 pixels, lying or standing in one of four places: 8 classes.

    Args:
        pictures: How many.
        batch_size: See the base class, as for the arguments after it.
        num_workers: See the base class.
        train_rows: See the base class.
        test_rows: See the base class.
        split_seed: See the base class.
    """

    def __init__(
        self,
        pictures: int = 400,
        batch_size: int = 128,
        num_workers: int = 0,
        train_rows: int | None = None,
        test_rows: int | None = None,
        split_seed: int = 0,
    ) -> None:
        super().__init__(batch_size, num_workers, train_rows, test_rows, split_seed)
        self.pictures = pictures

    def load(self):
        """All rows."""
        rng = np.random.default_rng(0)
        label = np.arange(self.pictures) % 8
        x = rng.uniform(0, 0.7, (self.pictures, 1, 8, 8)).astype(np.float32)
        for image, number in zip(x, label, strict=True):
            place = 2 * (number % 4)
            rows, columns = slice(place, place + 2), slice(None)
            image[(0, rows, columns) if number < 4 else (0, columns, rows)] += 0.3
        names = [f"{way} {place}" for way in ("lying", "standing") for place in range(4)]
        return Source("image", x, label, names, scale(1))
