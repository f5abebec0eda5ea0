"""The ``embedbench`` command: one parser, one file a sub-command. Heavy libraries wait until a handler needs them."""

from __future__ import annotations

import argparse
import errno
import importlib
import io
import os
import sys
from contextlib import suppress
from typing import NoReturn, TextIO, cast

from embedbench import __version__
from embedbench.errors import RunError, UsageError, lost_process, sentence
from embedbench.request.request import TOP
from embedbench.results.tracker import agent_trial
from embedbench.say import say
from embedbench.stopping import Stopped, end_with_parent, listening
from embedbench.streams import Unheard, Watched, open_closed

_OF_PATHS = (
    *(errno.EACCES, errno.EPERM, errno.ENAMETOOLONG, errno.ELOOP, errno.ENOTDIR, errno.EISDIR, errno.ENOENT),
    *(errno.EINVAL, errno.EILSEQ, errno.EROFS),
)
_NUMBERS = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "NODE_RANK", "GROUP_RANK", "MASTER_PORT")
_PORTS = 65_535
COMMANDS = {
    "run": "train one model on one data set and score it",
    "compare": "train several models and rank them (the main job)",
    "sweep": "run a W&B grid file here and rank its runs",
    "evaluate": "score vectors made by any tool, or a run again",
    "leaderboard": "build the table from the results on disk",
    "agreement": "say how far models agree on clusters and neighbours",
    "split": "write which rows train, validate and test",
    "embed": "write a run's embeddings to a file",
    "sample": "draw what a generative run's latent space means",
    "describe": "show what a file or folder of data is taken for",
    "list": "show the models, data sets, metrics there are, and what they take",
}


class _Parser(argparse.ArgumentParser):
    """An argparse parser whose errors are one sentence and whose options can't be abbreviated."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see `{self.prog} --help`.")


def main(argv: list[str] | None = None) -> NoReturn:
    """Runs the command and exits: 0 done, 1 ran and failed, 2 bad input, 128 + its signal if stopped."""
    open_closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # what a terminal can't show costs no result
    shown, told = Watched(sys.stdout), Unheard(sys.stderr)
    sys.stdout, sys.stderr = cast("TextIO", shown), cast("TextIO", told)
    try:
        code = _flushed(_done(argv, shown), shown)
    finally:
        sys.stderr = told.stream
    sys.exit(code)


def _done(argv: list[str] | None, shown: Watched) -> int:
    """The exit code of the command, which is run; whatever ends it is said."""
    # Nobody waits for what an agent began that is gone, and the next one would be refused the run's folder.
    end_with_parent(always=agent_trial() is not None)
    try:
        with listening():
            _look_beside()
            code = _run(sys.argv[1:] if argv is None else argv)
    except (Stopped, KeyboardInterrupt) as stopped:
        word, code = (str(stopped), stopped.code) if isinstance(stopped, Stopped) else ("interrupted", 130)
        say(f"{word}; what had finished is kept.")
    except (OSError, SystemExit) as error:  # rich exits where the reader has gone
        code = 0 if shown.error is not None else _told(error)
    except (UsageError, RuntimeError, MemoryError) as error:
        code = _told(error)
    finally:
        sys.stdout = shown.stream
        _leave_processes()
    return code


def _look_beside() -> None:
    """Finds a paradigm of the user's, which lies beside its conf/, behind the installed packages."""
    try:
        here = os.getcwd()
    except FileNotFoundError:
        raise UsageError("the current folder is gone; change to one that is there.") from None
    if here not in sys.path:
        sys.path.append(here)


def _told(error: BaseException) -> int:
    """The exit code of an error, which is said in a sentence; of a file that can't be used, whoever met it.

    Raises:
        BaseException: The error itself, if it is neither.
    """
    word, code, said = "failed", 1, error
    if isinstance(error, UsageError):
        word, code = "error", 2
    elif isinstance(error, MemoryError):
        said = RunError(f"the memory doesn't hold what was asked for ({error or 'no more is left'}); ask for less.")
    elif isinstance(error, OSError) and error.filename is not None and error.errno in _OF_PATHS:
        word, code = "error", 2
        said = UsageError(f"cannot use {os.fspath(error.filename)!r}: {error.strerror}; give another path.")
    elif (lost := lost_process(error)) is not None:
        said = lost
    elif not isinstance(error, RunError):
        raise error
    say(f"{word}: {sentence(said)}")
    return code


def _flushed(code: int, shown: Watched) -> int:
    """The exit code, once all has been written: that of a failure if it can't be; a reader that has gone is none."""
    with suppress(OSError):  # it is kept
        shown.flush()
    error = shown.error
    if error is None:
        return code
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):  # as `head` does
        return code
    say(f"failed: cannot write to standard output ({error.strerror}); send it elsewhere.")
    return code or 1


def _leave_processes() -> None:
    """Leaves the process group of a run over several processes, if there is one.

    Its threads would outlive the interpreter and at times abort the process, which a launcher takes for a failed rank.
    """
    distributed = sys.modules.get("torch.distributed")
    if distributed is not None and distributed.is_available() and distributed.is_initialized():
        distributed.destroy_process_group()


def _run(argv: list[str]) -> int:
    _refuse_bytes(argv)
    parser = _Parser(
        prog="embedbench", description="Which embedding paradigm should I use for my data?", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"embedbench {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)
    for name, summary in COMMANDS.items():
        module = importlib.import_module(f"embedbench.commands.{name}")
        sub = commands.add_parser(
            name,
            help=summary,
            description=f"embedbench {name}: {summary}.",
            epilog=module.EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        module.add_arguments(sub)
        sub.set_defaults(handle=module.handle)
    args, rest = parser.parse_known_args(_joined(argv))
    if args.command not in ("describe", "list", "leaderboard"):  # which know nothing of several processes
        _refuse_environment()
    code: int = args.handle(args, rest)
    return code


def _refuse_bytes(argv: list[str]) -> None:
    """Refuses what no record could hold: bytes of another encoding, which Python carries as half characters."""
    for word in argv:
        if any("\ud800" <= sign <= "\udfff" for sign in word):
            raise UsageError(f"the argument {word!r} holds bytes that are no UTF-8; rename what it names.")


def _refuse_environment() -> None:
    """Refuses what a launcher says of its processes if it is no number: Lightning reads it while it is imported.

    Raises:
        UsageError: If a variable is none, or a port beyond those there are.
    """
    for name in _NUMBERS:
        given = os.environ.get(name)
        if given is not None and (not given.isdecimal() or (name == "MASTER_PORT" and int(given) > _PORTS)):
            kind = f"a port in [0, {_PORTS}]" if name == "MASTER_PORT" else "a whole number"
            raise UsageError(f"the environment variable {name} must be {kind}, got {given!r}; unset it.")


def _joined(argv: list[str]) -> list[str]:
    """Writes ``--key value`` of a request as ``--key=value``: argparse would take the value for a FILE or a RUN."""
    joined: list[str] = []
    for word in argv:
        key = joined[-1] if joined else ""
        of_request = key.startswith("--") and "=" not in key and ("." in key or key[2:] in ("config", *TOP))
        if of_request and not word.startswith("--"):
            joined[-1] = f"{key}={word}"
        else:
            joined.append(word)
    return joined
