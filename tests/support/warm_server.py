"""Forks processes from one that has imported all that a command needs: see ``warm``, which starts it.

Called with the number of a socket. Through it come a byte and, for each process, a socket of its own and its standard
output and error. The first line of that socket asks for the process; its answers are a line with the id and a line with
the status in which it ended. Nothing is computed here: threads of a library wouldn't survive the fork.
"""

import contextlib
import fcntl
import json
import multiprocessing.util
import os
import random
import runpy
import select
import signal
import socket
import subprocess
import sys
from functools import partial, partialmethod
from pathlib import Path

import wandb  # noqa: F401 (imported for the processes to come)
from lightning.fabric.utilities.rank_zero import _get_rank
from lightning.pytorch.utilities import rank_zero_only

import embedbench.run.again.reuse
import embedbench.run.execute
import embedbench.sweep.worker  # noqa: F401

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PATH = sys.path[1 + len(list(filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep)))) :]
_spawn, _execute_child = multiprocessing.util.spawnv_passfds, subprocess.Popen._execute_child


def serve(channel):
    """Forks until nobody is left who could ask; in a forked process, gives what it was asked for."""
    woken, wakes = socket.socketpair()
    woken.setblocking(False)
    wakes.setblocking(False)
    signal.set_wakeup_fd(wakes.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    living = {}
    while True:
        ready, _, _ = select.select([channel, woken], [], [])
        if woken in ready:
            woken.recv(4096)
            tell_ends(living)
        if channel not in ready:
            continue
        asked, fds, _, _ = socket.recv_fds(channel, 1, 3)
        if not asked:
            sys.exit()
        one = socket.socket(fileno=fds[0])
        with one.makefile(encoding="utf8") as lines:
            request = json.loads(lines.readline())
        pid = os.fork()
        if not pid:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for inherited in (channel, woken, wakes, one, *living.values()):
                inherited.close()
            return request, fds[1:]
        for fd in fds[1:]:
            os.close(fd)
        living[pid] = one
        one.sendall(f"{pid}\n".encode())


def tell_ends(living):
    """Tells of each process that has ended how it did."""
    while living:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        with living.pop(pid) as one, contextlib.suppress(OSError):  # nobody may wait for it
            one.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())


def become(request, fds):
    """Makes this process what a new interpreter would be, and runs the module or script."""
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, fd in enumerate((nothing, *fds)):
        os.dup2(fd, number)
        os.close(fd)
    spares = [Spare() for _ in range(request["spares"])]
    multiprocessing.util.spawnv_passfds = partial(spawn, spares)
    subprocess.Popen._execute_child = partialmethod(execute_child, spares)
    run(request)


def run(request):
    """Takes over folder, environment, path of modules and all that is read of these at the start; then runs it."""
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    given = os.environ.get("PYTHONPATH", "")
    first, *words = request["words"]
    where = str(Path(first).parent) if first.endswith(".py") else ""
    sys.path[:] = [where or os.getcwd(), *filter(None, given.split(os.pathsep)), *_PATH]
    random.seed()
    rank_zero_only.rank = _get_rank() or 0
    if first == "-m":
        sys.argv = words
        runpy.run_module(words[0], run_name="__main__", alter_sys=True)
    elif first == "-c":
        sys.argv = ["-c", *words[1:]]
        exec(words[0], {"__name__": "__main__"})
    else:
        sys.argv = [first, *words]
        runpy.run_path(first, run_name="__main__")


class Spare:
    """A process that is forked while nothing has begun, to run what its parent would start an interpreter for."""

    def __init__(self):
        self.socket, theirs = socket.socketpair()
        self.pid = os.fork()
        if not self.pid:
            self.socket.close()
            _wait_for_use(theirs)
            sys.exit()
        theirs.close()

    def use(self, words, cwd, env, fds=(), numbers=None):
        """Has it run, with these open files under their numbers or others; gives its id."""
        ignored = [int(number) for number in _SIGNALS if signal.getsignal(number) == signal.SIG_IGN]
        told = {"words": words, "cwd": cwd or os.getcwd(), "env": dict(env or os.environ)}
        content = json.dumps({**told, "fds": list(numbers or fds), "ignored": ignored}).encode()
        with self.socket:
            socket.send_fds(self.socket, [f"{len(content):>8}".encode()], fds)
            self.socket.sendall(content)
        return self.pid


def _wait_for_use(theirs):
    """Waits, as a process that dies of any signal; ends with its parent."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    length, fds, _, _ = socket.recv_fds(theirs, 8, 16)
    if not length:
        os._exit(0)
    with theirs, theirs.makefile("rb") as stream:
        told = json.loads(stream.read(int(length)))
    high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 500) for fd in fds]  # out of the way of the numbers that they had
    for old, fd, number in zip(fds, high, told["fds"], strict=True):
        os.close(old)
        os.dup2(fd, number)
        os.close(fd)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in told["ignored"]:
        signal.signal(number, signal.SIG_IGN)
    run(told)


def spawn(spares, path, args, fds):
    """As ``spawnv_passfds`` of ``multiprocessing``, which starts its fork server so, and others."""
    code = os.fsdecode(args[-1])
    if not spares or "forkserver" not in code:
        return _spawn(path, args, fds)
    return spares.pop().use(["-c", code], None, None, fds)


def execute_child(popen, spares, args, executable, preexec_fn, close_fds, pass_fds, cwd, env, *more):
    """As ``Popen`` does it, which Lightning calls for another process of the run, W&B's agent for a run, and a
    benchmark for a command or a script, whose output it reads."""
    of_run = args[:3] == [sys.executable, "-m", "embedbench.__main__"]
    of_agent = args[:2] == ["/usr/bin/env", "embedbench"]
    script = args[0] == sys.executable and str(next(iter(args[1:]), "")).endswith(".py")
    of_benchmark = script or args[:3] == [sys.executable, "-m", "embedbench"]
    if of_benchmark and spares and min(more[6], more[8]) >= 0:
        popen.pid = spares.pop().use([*map(str, args[1:])], cwd and str(cwd), env, (more[6], more[8]), (1, 2))
        popen._child_created = True
        popen._close_pipe_fds(*more[3:9])
        return
    if not spares or not (of_run or of_agent):
        _execute_child(popen, args, executable, preexec_fn, close_fds, pass_fds, cwd, env, *more)
        return
    popen.pid = spares.pop().use(args[1:] if of_run else ["-m", *args[1:]], cwd, env)
    popen._child_created = True
    if of_agent:
        os.setpgid(popen.pid, 0)
        os.close(more[3])  # the end that it would read from: a spare has nothing to read


if __name__ == "__main__":
    become(*serve(socket.socket(fileno=int(sys.argv[1]))))
