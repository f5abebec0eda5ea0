"""Loading from the Hugging Face hub or a folder, in silence and with clear words where it fails."""

from __future__ import annotations

import contextlib
import io
import logging
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embedbench.errors import UsageError

_WAIT = 5  # seconds for the hub to answer
_ASK_AGAIN = 60  # seconds after which one that didn't is asked once more
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
            # Weights of another format may be pickles, which run what is in them.
            return auto.from_pretrained(path, **({"use_safetensors": True} if what == "model" else {}))
    except (OSError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split())[:160]
        raise UsageError(
            f"cannot load the {what} {path!r} ({reason}); give a name of the hub while online, or a folder that holds "
            f"{_FILES[what]}."
        ) from None


@dataclass
class _Hub:
    """What is known of the hub in this process: whether it answered, or else since when it doesn't."""

    answered: bool = False
    silent_since: float | None = None


_hub = _Hub()


def reach() -> None:
    """Sets the hub's libraries to what is in their caches while the hub doesn't answer.

    Left to themselves they would ask six times for each file, for half a minute and more. One that answered isn't asked
    again; one that didn't after a minute, for a worker may outlive the want of a network.
    """
    from huggingface_hub import constants

    since = _hub.silent_since
    if _hub.answered or (constants.HF_HUB_OFFLINE and since is None):  # the user's own setting
        return
    if since is not None and time.monotonic() - since < _ASK_AGAIN:
        return
    _hub.answered = _answers(constants.ENDPOINT)
    _hub.silent_since = None if _hub.answered else time.monotonic()
    constants.HF_HUB_OFFLINE = not _hub.answered
    if "datasets" in sys.modules:  # it has taken the setting over when it was imported
        sys.modules["datasets"].config.HF_HUB_OFFLINE = constants.HF_HUB_OFFLINE


def _answers(address: str) -> bool:
    try:
        urllib.request.urlopen(urllib.request.Request(address, method="HEAD"), timeout=_WAIT).close()
    except urllib.error.HTTPError:  # an answer
        return True
    except OSError:
        return False
    return True


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
