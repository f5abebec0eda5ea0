"""Loading from the Hugging Face hub or a folder, in silence and with clear words where it fails."""

from __future__ import annotations

import contextlib
import io
import logging
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from embedbench.errors import UsageError

_WAIT = 5  # seconds for the hub to answer
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
    if not Path(path).is_dir():
        reach()
    try:
        with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
            return auto.from_pretrained(path)
    except (OSError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split())[:160]
        raise UsageError(
            f"cannot load the {what} {path!r} ({reason}); give a name of the hub while online, or a folder that holds "
            f"{_FILES[what]}."
        ) from None


@lru_cache
def reach() -> None:
    """Sets the hub's libraries to what is in their caches if the hub doesn't answer; asks it once in a process.

    Left to themselves they would ask six times for each file, for half a minute and more.
    """
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return
    try:
        urllib.request.urlopen(urllib.request.Request(constants.ENDPOINT, method="HEAD"), timeout=_WAIT).close()
    except urllib.error.HTTPError:  # an answer
        return
    except OSError:
        constants.HF_HUB_OFFLINE = True
        if "datasets" in sys.modules:  # it has taken the setting over when it was imported
            sys.modules["datasets"].config.HF_HUB_OFFLINE = True


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Without bars and without logs below errors, whose handlers hold on to the stream of their first import."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        logging.disable(before)
