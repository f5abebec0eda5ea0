"""Folders of images, one folder a class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from embedbench.arguments.hints import Folds, NonNegativeInt, PositiveInt
from embedbench.data.base import EmbeddingDataModule, Source
from embedbench.data.checks import repeated_rows
from embedbench.data.folders import two_folders
from embedbench.data.images.common_size import Canvas, common_canvas
from embedbench.data.images.pixels import pixel_notes, pixels
from embedbench.data.prepare import scale
from embedbench.errors import UsageError


class ImageFolder(EmbeddingDataModule):
    """Images ``root/CLASS/FILE``, or ``root/train/CLASS/FILE`` and ``root/test/CLASS/FILE``; one file is one row.

    Rows are in alphabetical order of part, class and file. Hidden files and files that are no images are left out and
    counted in ``notes``. Images are turned upright by their EXIF tag, put on white where they are transparent, and
    scaled from 16 bits of grey to 8. A folder ``train`` that holds images itself is a class like the others.

    Args:
        root: The folder.
        size: Height and width that every image is resized to, in pixels; its proportions are not kept. ``None`` keeps
            the size that all have, if it is at most 64 x 64, else 32, with a note.
        grey: One channel instead of three; ``None``: if all images are grey.
        test: A second such folder, whose images are the test split.
        batch_size: See the base class, as for the arguments after it.
        num_workers: See the base class.
        train_rows: See the base class.
        test_rows: See the base class.
        split_seed: See the base class.
        flip: See the base class.
        scale_rows: See the base class.
        folds: See the base class.
        fold: See the base class.
        disjoint_classes: See the base class.
        split_file: See the base class.

    Raises:
        UsageError: If ``size`` is below 1; on first access, if no image is found or one can't be read.
    """

    def __init__(
        self,
        root: Path,
        size: PositiveInt | None = None,
        grey: bool | None = None,
        test: Path | None = None,
        batch_size: PositiveInt = 128,
        num_workers: NonNegativeInt = 0,
        train_rows: PositiveInt | None = None,
        test_rows: PositiveInt | None = None,
        split_seed: NonNegativeInt = 0,
        flip: bool = False,
        scale_rows: bool = False,
        folds: Folds | None = None,
        fold: PositiveInt = 1,
        disjoint_classes: bool = False,
        split_file: Path | None = None,
    ) -> None:
        super().__init__(
            batch_size,
            num_workers,
            train_rows,
            test_rows,
            split_seed,
            flip,
            scale_rows,
            folds=folds,
            fold=fold,
            disjoint_classes=disjoint_classes,
            split_file=split_file,
        )
        self.root, self.test = Path(root), None if test is None else Path(test)
        self.size = size
        self.grey = grey

    def load(self) -> Source:
        """The images, resized, as bytes."""
        try:
            from PIL import Image
        except ImportError:
            raise UsageError("image folders need Pillow; pip install pillow.") from None
        endings = {end for end, kind in Image.registered_extensions().items() if kind in Image.OPEN}
        items, ignored, said = two_folders(
            self.root, self.test, lambda path: path.suffix.lower() in endings, "image", classless=self.any_label
        )
        height, width, grey, suited = self._canvas([path for path, _, _ in items])
        try:
            x = np.empty((len(items), 1 if grey else 3, height, width), np.uint8)
        except (MemoryError, ValueError):  # a ValueError of more than an array can have
            raise UsageError(
                f"the memory doesn't hold {len(items)} images of {height} x {width}; lower --data.size."
            ) from None
        changed = Counter[str]()
        for row, (path, _, _) in enumerate(items):
            try:
                with Image.open(path) as image:
                    x[row] = pixels(image, height, width, grey, changed)
            except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
                raise UsageError(f"cannot read the image {path}: {error}; repair or remove it.") from None
        label, classes, more = self.classed([name for _, name, _ in items])
        split = np.array([part for _, _, part in items])
        said += (f"{ignored} entries that are no images ignored",) if ignored else ()
        said = (*said, *suited, *more, *pixel_notes(changed), *repeated_rows(x))
        columns = self.beside({"file": [str(path) for path, _, _ in items]})
        return Source("image", x, label, classes, scale(255), split, said, columns=columns)

    def _canvas(self, paths: Sequence[Path]) -> Canvas:
        """What the images are brought to: of a finished run's, what its own were."""
        if self.known is not None and self.known.modality == "image":
            channels, height, width = self.known.shape
            return Canvas(height, width, channels == 1)
        return common_canvas(paths, self.size, self.grey)
