"""The door: exit codes, the version, and what argparse must not take for its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from torch import distributed

from embedbench import __version__
from embedbench.cli import main
from embedbench.errors import RunError, UsageError


def end(*argv):
    with pytest.raises(SystemExit) as ended:
        main(list(argv))
    return ended.value.code


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (UsageError("mend it."), 2, "embedbench: error: mend it.\n"),
        (RunError("it broke"), 1, "embedbench: failed: it broke\n"),
        (
            MemoryError("of 3 TB"),
            1,
            "embedbench: failed: the memory doesn't hold what was asked for (of 3 TB); ask for less.\n",
        ),
        (
            PermissionError(13, "Permission denied", "rows.csv"),
            2,
            "embedbench: error: cannot use 'rows.csv': Permission denied; give another path.\n",
        ),
        (
            RuntimeError("[/x/third_party/gloo/transport/tcp/pair.cc:537] Read error [127.0.0.1]:2: Connection reset."),
            1,
            "embedbench: failed: another process of the run is gone or out of reach; "
            "see what it said, and run it again.\n",
        ),
        (UsageError("no\nfile \x1b" + "x" * 500), 2, f"embedbench: error: no\\nfile \\x1b{'x' * 116}…\n"),
        (KeyboardInterrupt(), 130, "embedbench: interrupted; what had finished is kept.\n"),
    ],
)
def test_exit_codes(error, code, said, monkeypatch, capsys):
    def handle(args, rest):
        raise error

    monkeypatch.setattr("embedbench.commands.list.handle", handle)
    assert end("list", "models") == code
    assert capsys.readouterr() == ("", said)


def test_folder_that_is_gone(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gone").mkdir()
    os.chdir("gone")
    (tmp_path / "gone").rmdir()
    assert end("list", "models") == 2
    assert capsys.readouterr().err == "embedbench: error: the current folder is gone; change to one that is there.\n"


@pytest.mark.parametrize("line", ["leaderboard {}", "evaluate {}.npz", "embed {} --output z.npz", "sweep {}.yaml"])
def test_names_that_no_file_can_have(line, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert end(*line.format("x" * 300).split()) == 2
    assert "File name too long; give another path." in capsys.readouterr().err
    assert not any(tmp_path.iterdir())


def test_our_own_mistakes_keep_their_traceback(monkeypatch):
    def handle(args, rest):
        raise ZeroDivisionError

    monkeypatch.setattr("embedbench.commands.list.handle", handle)
    with pytest.raises(ZeroDivisionError):
        main(["list", "models"])


@pytest.mark.parametrize("error", [None, UsageError("mend it."), ZeroDivisionError()])
def test_process_group_is_left_however_the_story_ends(error, monkeypatch):
    """Its threads would at times abort a process that ends with them."""

    def handle(args, rest):
        distributed.init_process_group("gloo", store=distributed.HashStore(), rank=0, world_size=1)
        if error is not None:
            raise error
        return 0

    monkeypatch.setattr("embedbench.commands.list.handle", handle)
    with pytest.raises((SystemExit, ZeroDivisionError)):
        main(["list", "models"])
    assert not distributed.is_initialized()


def test_version(capsys):
    assert end("--version") == 0
    assert capsys.readouterr().out == f"embedbench {__version__}\n"


@pytest.mark.parametrize(
    ("argv", "file", "rest"),
    [
        (["z.npz", "--suite.neighbors", "3"], ["z.npz"], ["--suite.neighbors=3"]),
        (["--suite.neighbors", "3", "z.npz"], ["z.npz"], ["--suite.neighbors=3"]),
        (["--suite.neighbors=3", "z.npz"], ["z.npz"], ["--suite.neighbors=3"]),
        (["--suite", "default", "z.npz"], ["z.npz"], ["--suite=default"]),
        (["--name", "mine", "--wrong.key", "-1", "z.npz"], ["z.npz"], ["--wrong.key=-1"]),
        (["z.npz", "--suite.metrics", "--name", "mine"], ["z.npz"], ["--suite.metrics"]),
        (["--run", "runs/x", "--data.batch_size", "7"], [], ["--data.batch_size=7"]),
    ],
)
def test_value_of_the_request_is_no_file(argv, file, rest, monkeypatch):
    seen = []

    def handle(args, others):
        seen.append(([str(file) for file in args.file], others))
        return 0

    monkeypatch.setattr("embedbench.commands.evaluate.handle", handle)
    assert end("evaluate", *argv) == 0
    assert seen == [(file, rest)]


def test_working_directory_is_importable_behind_all_else(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    assert end("--version") == 0
    assert end("--version") == 0
    assert sys.path[-1] == str(tmp_path)
    assert sys.path.count(str(tmp_path)) == 1


@pytest.mark.parametrize("buffered", [True, False])
@pytest.mark.parametrize(
    ("sink", "code", "said"),
    [
        ("/dev/full", 1, "embedbench: failed: cannot write to standard output (No space left on device); send it"),
        ("a reader that goes away", 0, ""),
    ],
)
def test_standard_output_that_takes_no_more(sink, code, said, buffered):
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "PYTHONUNBUFFERED": "" if buffered else "1"}
    words = [sys.executable, "-m", "embedbench", "list", "models"]
    if sink == "/dev/full":
        if not Path(sink).exists():
            pytest.skip("there is no /dev/full here")
        with open(sink, "w") as out:
            done = subprocess.run(words, env=env, stdout=out, stderr=subprocess.PIPE, text=True)
    else:
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run(words, env=env, stdout=writer, stderr=subprocess.PIPE, text=True)
        os.close(writer)
    assert done.returncode == code
    assert done.stderr.startswith(said)
    assert "Traceback" not in done.stderr
    assert bool(done.stderr) == bool(said)


def test_pipe_that_breaks_elsewhere_is_no_success(monkeypatch):
    def handle(args, rest):
        raise BrokenPipeError(32, "Broken pipe")  # as of a worker that died

    monkeypatch.setattr("embedbench.commands.list.handle", handle)
    with pytest.raises(BrokenPipeError):
        main(["list", "models"])


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        *((name, "abc", "a whole number") for name in ("RANK", "LOCAL_RANK", "WORLD_SIZE", "NODE_RANK")),
        ("LOCAL_RANK", "", "a whole number"),
        ("MASTER_PORT", "99999", "a port in [0, 65535]"),
        ("MASTER_PORT", "-1", "a port in [0, 65535]"),
    ],
)
def test_what_no_launcher_says_of_its_processes(name, value, said, monkeypatch, capsys):
    monkeypatch.setenv(name, value)
    assert end("run", "--model", "pca", "--data", "digits") == 2
    told = f"embedbench: error: the environment variable {name} must be {said}, got {value!r}; unset it.\n"
    assert capsys.readouterr().err == told
    assert end("list", "models") == 0
