"""Processes that cost no imports: forked from one that has imported everything, with all else as in a new interpreter.

What is about the start of an interpreter itself, its streams or its imports is tested with a real one.
"""

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
_SERVER = Path(__file__).with_name("warm_server.py")
_channels = []


def _channel():
    """The socket of this process's server, which is started by the first who asks and ends with this process."""
    if not _channels:
        ours, theirs = socket.socketpair()
        env = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        words, quiet = [sys.executable, str(_SERVER), str(theirs.fileno())], subprocess.DEVNULL
        inherited = {"stdin": quiet, "stdout": quiet, "pass_fds": [theirs.fileno()], "start_new_session": True}
        server = subprocess.Popen(words, env=env, **inherited)
        theirs.close()
        _channels.append(ours)
        atexit.register(server.wait)
        atexit.register(ours.close)  # comes first, and ends it
    return _channels[0]


class Process:
    """A Python process, as ``subprocess.Popen`` starts one that leads a session of its own.

    Args:
        words: What would follow the name of the interpreter: ``-m`` and a module, or a script; and arguments.
        cwd: The folder that it is started in.
        env: Its environment, if it isn't this process's.
        spares: How many processes that it starts itself are forked too, at most.
    """

    def __init__(self, words, cwd, env=None, spares=2):
        self.args, self.returncode = [str(word) for word in words], None
        self._streams = [tempfile.TemporaryFile() for _ in range(2)]  # noqa: SIM115 (which end with this object)
        self._answers, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(_channel(), [b"+"], [one.fileno() for one in (theirs, *self._streams)])
        told = {"words": self.args, "cwd": str(cwd), "env": dict(os.environ if env is None else env)}
        told["spares"] = spares
        self._answers.sendall(json.dumps(told).encode() + b"\n")
        self._lines = self._answers.makefile(encoding="utf8")
        self.pid = self._read()

    def _read(self):
        line = self._lines.readline()
        assert line, "the server of warm processes has died"
        return int(line)

    def poll(self):
        """The exit code, as ``Popen`` gives it; None while it runs."""
        if self.returncode is None and select.select([self._answers], [], [], 0)[0]:
            self.returncode = self._read()
        return self.returncode

    def wait(self, timeout=None):
        """Waits for its end and gives the exit code."""
        if self.returncode is None:
            if not select.select([self._answers], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(self.args, timeout)
            self.returncode = self._read()
        return self.returncode

    def communicate(self, timeout=None):
        """Waits for its end and gives what it wrote to standard output and error."""
        self.wait(timeout)
        return self.written()

    def written(self):
        """What it has written to standard output and error so far."""
        return tuple(os.pread(one.fileno(), os.fstat(one.fileno()).st_size, 0).decode() for one in self._streams)

    def send_signal(self, number):
        """Sends a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)


def ended(words, cwd, env=None, timeout=120, spares=2):
    """Runs a Python process to its end, as ``subprocess.run`` does with a text."""
    process = Process(words, cwd, env, spares)
    try:
        out, err = process.communicate(timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)
