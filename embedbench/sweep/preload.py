"""What the fork server imports, and nobody else: all that workers need. It takes seconds, and ends with its parent.

Then the server itself hears of its parent's end, and no thread is left that a fork would have to do without.
"""

from __future__ import annotations

import os
import threading

_LOOK_SECONDS = 0.5  # between two looks at the parent


def _end_with_parent(parent: int, done: threading.Event) -> None:
    while not done.wait(_LOOK_SECONDS):
        if os.getppid() != parent:
            os._exit(1)


_done = threading.Event()
_watch = threading.Thread(target=_end_with_parent, args=(os.getppid(), _done), daemon=True, name="parent")
_watch.start()
try:
    import embedbench.sweep.worker  # noqa: F401 (for the workers to come)
finally:
    _done.set()
    _watch.join()
