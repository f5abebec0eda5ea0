"""Signals become one exception, once; what doesn't stop by itself is put on record and ended."""

import os
import signal
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import pytest

from embedbench import stopping
from embedbench.stopping import Stopped, held, last_words, listening

STUCK = """
import signal, sys, time
from pathlib import Path
from embedbench import stopping
stopping._GRACE_SECONDS = 0.3
with stopping.listening(), stopping.last_words(lambda word: Path(sys.argv[1]).write_text(word)):
    stopping.pass_on(lambda number: Path(sys.argv[1] + ".passed").write_text(str(number)))
    print("ready", flush=True)
    import ctypes
    libc = ctypes.CDLL(None)
    until = time.monotonic() + 30
    while True:
        try:
            libc.pause() if len(sys.argv) > 2 else time.sleep(30)
        except stopping.Stopped:
            while time.monotonic() < until:  # as work that swallows it
                time.sleep(0.01)
"""
IMPORTS = """
import sys, time
print("half", flush=True)
time.sleep(float(sys.argv[1]))
done = True
"""
SWALLOWS = """
import sys, time
from embedbench import stopping
stopping._GRACE_SECONDS = 1.5
try:
    with stopping.listening():
        try:
            import slow  # as torch imports numpy in C++, where an exception is cleared and half a module stays
        except BaseException:
            print("swallowed", flush=True)
        time.sleep(30)
except stopping.Stopped as stopped:
    assert slow.done
    sys.exit(stopped.code)
"""
PARENT = """
import os, subprocess, sys
from embedbench.stopping import PARENT
always = len(sys.argv) > 1
code = f"from embedbench.stopping import end_with_parent as e; e(always={always}); print('up', flush=True)"
told = {} if always else {PARENT: str(os.getpid())}
child = subprocess.Popen([sys.executable, "-c", code + "; import time; time.sleep(60)"], env={**os.environ, **told})
print(child.pid, flush=True)
child.wait()
"""


@pytest.mark.parametrize(
    ("number", "word", "code"),
    [(signal.SIGINT, "interrupted", 130), (signal.SIGTERM, "terminated", 143), (signal.SIGHUP, "hung up", 129)],
)
def test_signal_stops_the_body_once(number, word, code):
    before = signal.getsignal(number)

    def work():
        with listening():
            try:
                os.kill(os.getpid(), number)
                time.sleep(5)
            finally:
                os.kill(os.getpid(), number)  # told again while it cleans up

    with pytest.raises(Stopped, match=word) as stopped:
        work()
    assert stopped.value.code == code
    assert signal.getsignal(number) is before


def test_ignored_signals_stay_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as in the background of a shell
    try:
        with listening():
            os.kill(os.getpid(), signal.SIGINT)
            stopping.listen()
            os.kill(os.getpid(), signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)


def test_what_is_held_is_done_first():
    done = []

    def work():
        with listening(), held():
            os.kill(os.getpid(), signal.SIGTERM)
            done.append("written whole")

    with pytest.raises(Stopped, match="terminated"):
        work()
    assert done == ["written whole"]


def test_forks_take_no_part():
    """A loader of rows is ended by SIGTERM, and nobody else hears of it."""
    with listening(), last_words(lambda _: None):
        child = os.fork()
        if child == 0:
            try:
                time.sleep(30)
            finally:
                os._exit(0)
        os.kill(child, signal.SIGTERM)
        assert os.waitpid(child, 0)[1] == signal.SIGTERM
        time.sleep(0.2)
    assert stopping._state.told is None


@pytest.mark.parametrize("how", [[], ["in C"]])
def test_work_that_does_not_stop_is_ended_on_record(how, tmp_path):
    path = tmp_path / "record"
    words, pipe = [sys.executable, "-c", STUCK, str(path), *how], subprocess.PIPE
    process = subprocess.Popen(words, stdout=pipe, stderr=pipe, env=here())
    assert process.stdout.readline() == b"ready\n"
    time.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 143
    assert process.stderr.read() == b"embedbench: terminated; what had finished is kept.\n"
    assert path.read_text() == "terminated"
    assert Path(f"{path}.passed").read_text() == "15"


@pytest.mark.parametrize("seconds", ["0.6", "30"], ids=["short", "for ever"])
def test_an_import_is_made_whole_or_the_process_ends(seconds, tmp_path):
    (tmp_path / "slow.py").write_text(IMPORTS)
    command = [sys.executable, "-c", SWALLOWS, seconds]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=here())
    assert process.stdout.readline() == b"half\n"
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (143, b"", b"embedbench: terminated; what had finished is kept.\n")


@pytest.mark.parametrize("ignored", [False, True], ids=["heard", "ignored"])
def test_interrupt_before_the_command_line_is_there_is_quiet(ignored, tmp_path):
    """The libraries that it imports would answer with a traceback; where a shell has it ignored, it stays so."""
    (tmp_path / "yaml.py").write_text("import time\nprint('half', flush=True)\ntime.sleep(1)\nraise SystemExit(7)\n")
    env = {**here(), "PYTHONPATH": os.pathsep.join([str(tmp_path), here()["PYTHONPATH"]])}
    process = subprocess.Popen(
        [sys.executable, "-m", "embedbench", "list", "models"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=env,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN if ignored else signal.default_int_handler),
    )
    assert process.stdout.readline() == b"half\n"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=10)
    said = b"embedbench: interrupted; what had finished is kept.\n"
    assert (process.returncode, err) == ((7, b"") if ignored else (130, said))


@pytest.mark.parametrize("always", [[], ["always"]], ids=["asked to", "always"])
def test_child_ends_with_its_parent(always):
    process = subprocess.Popen([sys.executable, "-c", PARENT, *always], stdout=subprocess.PIPE, env=here())
    child = int(process.stdout.readline())
    assert process.stdout.readline() == b"up\n"
    process.kill()
    process.wait()
    until = time.monotonic() + 5
    while time.monotonic() < until and is_alive(child):
        time.sleep(0.05)
    assert not is_alive(child)


def here():
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("recorded", [True, False])
def test_error_that_a_library_makes_of_it_is_none(recorded):
    """As matplotlib's C++ does, where a call back into Python is stopped."""

    def work():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(5)
        except Stopped:
            raise TypeError("incompatible function arguments") from None

    with pytest.raises(Stopped, match="terminated"), listening(), last_words(print) if recorded else nullcontext():
        work()


def test_error_of_before_is_itself():
    with pytest.raises(TypeError), listening(), last_words(print):
        raise TypeError
