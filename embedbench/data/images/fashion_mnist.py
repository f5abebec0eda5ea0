"""Pictures of clothes: the drop-in successor of MNIST."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from embedbench.arguments.hints import Folds, NonNegativeInt, PositiveInt
from embedbench.data.base import EmbeddingDataModule, Source
from embedbench.data.prepare import scale
from embedbench.errors import UsageError
from embedbench.files.idx import read_pair

CLASSES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"
)  # fmt: skip
DEBIAN = Path("/usr/share/datasets/fashion-mnist")
_HUB = "zalando-datasets/fashion_mnist"
_CURE = (
    "install Debian's dataset-fashion-mnist, or give the folder of its IDX files (--data.root), "
    "or fetch it from the Hugging Face hub (--data.source hub)"
)

_Pair = tuple[NDArray[np.uint8], NDArray[np.uint8]]


class FashionMNIST(EmbeddingDataModule):
    """60,000 + 10,000 grey images of 10 kinds of clothes, ``(1, 28, 28)`` in [0, 1] (Xiao et al., 2017).

    Args:
        root: Folder of the four IDX files, plain or gzipped; ``None`` takes those of Debian's package.
        source: "idx" reads IDX files; "hub" fetches from the Hugging Face hub; "auto" reads IDX files, else what an
            earlier "hub" left in the hub's cache, and fetches nothing.
        pooled: Whether the train and the test split are both all 70,000 rows, and validation the official test part:
            the setting in which the literature fits and scores clusters. Nothing is held out then.
        binary: Whether a pixel is 1 from half of full brightness (128 of 255) on and else 0, and not grey.
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
        UsageError: If ``root`` is given with "hub"; on first access, if no file is found or one is broken.
    """

    def __init__(
        self,
        root: Path | None = None,
        source: Literal["auto", "idx", "hub"] = "auto",
        binary: bool = False,
        pooled: bool = False,
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
        if root is not None and source == "hub":
            raise UsageError("`root` names local files and `source` the hub; give one of them.")
        self.root = root
        self.source = source
        self.binary = binary
        self.pooled = pooled

    def load(self) -> Source:
        """The images of both official parts, whose pixels are bytes."""
        train, test = self._parts()
        for images, labels in (train, test):
            if images.shape[1:] != (28, 28) or labels.max(initial=0) >= len(CLASSES):
                raise UsageError(
                    f"Fashion-MNIST has images of 28 x 28 and labels below 10, got {images.shape[1:]} and "
                    f"{labels.max(initial=0)}; check the files."
                )
        x = np.concatenate([train[0], test[0]])[:, None]  # (rows, 1, 28, 28)
        label = np.concatenate([train[1], test[1]]).astype(np.int64)
        split = np.repeat(["train", "test"], [len(train[1]), len(test[1])])
        notes: tuple[str, ...] = ()
        if self.pooled:
            n = len(label)
            x, label = (np.concatenate([part, part[split == "test"], part]) for part in (x, label))
            split = np.repeat(["train", "val", "test"], [n, len(test[1]), n])
            notes = ("pooled: val and test rows are train rows too, so that only clusters found without labels count",)
        if self.binary:
            x = (x >= 128).astype(np.uint8)
        return Source("image", x, label, CLASSES, scale(1 if self.binary else 255), split, notes)

    def _parts(self) -> tuple[_Pair, _Pair]:
        folder = self.root or DEBIAN
        if self.source != "hub" and (self.root or DEBIAN.is_dir()):
            return read_pair(folder, "train"), read_pair(folder, "t10k")
        if self.source == "idx":
            raise UsageError(f"Fashion-MNIST is not in {folder}; {_CURE}.")
        return self._hub("train"), self._hub("test")

    def _hub(self, part: Literal["train", "test"]) -> _Pair:
        """One part from the hub's Parquet files: PNG images and their labels."""
        try:
            from huggingface_hub import hf_hub_download
            from PIL import Image
            from pyarrow import parquet
        except ImportError as error:
            raise UsageError(f"the hub's files need {error.name}; pip install pyarrow pillow.") from None
        name, cached_only = f"fashion_mnist/{part}-00000-of-00001.parquet", self.source == "auto"
        try:
            path = hf_hub_download(_HUB, name, repo_type="dataset", local_files_only=cached_only)
        except OSError as error:
            if cached_only:
                raise UsageError(f"Fashion-MNIST is not on this machine; {_CURE}.") from None
            reason = " ".join(str(error).split())
            raise UsageError(f"cannot fetch {name} of {_HUB} from the hub ({reason}); {_CURE}.") from None
        table = parquet.read_table(path, columns=["image", "label"])
        images = [np.asarray(Image.open(io.BytesIO(png["bytes"])).convert("L")) for png in table["image"].to_pylist()]
        return np.stack(images), table["label"].to_numpy().astype(np.uint8)
