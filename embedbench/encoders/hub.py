"""Loading from the Hugging Face hub or a folder, in silence and with clear words where it fails."""

from __future__ import annotations

import contextlib
import io
from typing import Any

from embedbench.errors import UsageError

_FILES = {
    "model": "config.json and model.safetensors",
    "tokenizer": "tokenizer.json",
    "image processor": "preprocessor_config.json",
}


def load(auto: Any, path: str, what: str) -> Any:
    """What transformers loads, without its bars and reports.

    Args:
        auto: One of its classes that choose by the files.
        path: Name on the hub, or a folder.
        what: "model", "tokenizer" or "image processor".

    Raises:
        UsageError: If nothing can be loaded.
    """
    try:
        with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
            return auto.from_pretrained(path)
    except (OSError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split())[:160]
        raise UsageError(
            f"cannot load the {what} {path!r} ({reason}); give a name of the hub while online, or a folder that holds "
            f"{_FILES[what]}."
        ) from None
