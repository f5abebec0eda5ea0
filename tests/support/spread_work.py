"""Work that other processes can import."""

import os
import signal


def doubled(items):
    return [2 * item for item in items]


def pids(items):
    return [os.getpid() for _ in items]


def deadly(items):
    """Kills whoever isn't the process of the test."""
    if os.environ["EMBEDBENCH_TEST"] != str(os.getpid()):
        os.kill(os.getpid(), signal.SIGKILL)
    return doubled(items)
