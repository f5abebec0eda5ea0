"""Malformed inputs, each made of a valid one by a seeded mutation, and what the command line must make of them."""

import contextlib
import copy
import datetime
import io
import os
import random
import shlex
import traceback
from pathlib import Path
from stat import S_ISDIR

from embedbench.cli import main

SEEDS = (1, 2)  # of every build; EMBEDBENCH_FUZZ_SEED=3,4 tries others
_SAID = ("embedbench: note: ", "embedbench: skipped: ")
_DEEP = 3000  # levels, beyond what Python's parsers recurse


def seeds():
    """The seeds to try."""
    given = os.environ.get("EMBEDBENCH_FUZZ_SEED")
    return [int(word) for word in given.split(",")] if given else list(SEEDS)


class Case:
    """One malformed input: its source of chance, and the folder that its command is called in."""

    def __init__(self, name, folder):
        self.name, self.folder, self.rng = name, folder, random.Random(name)

    def meets(self, *argv):
        """Calls the command, which must accept its input, or refuse it in one sentence and write nothing."""
        __tracebackhide__ = True  # what matters is in the message
        before = _files(self.folder)
        code, out, err = called(self.folder, [str(word) for word in argv])
        line = ascii(shlex.join([str(word)[:200] for word in argv]))
        told = f"\ncase {self.name}: embedbench {line}\nended with {code}:\n{err[-3000:]}"
        if code == 0:
            return
        assert code == 2, f"neither accepted nor refused{told}"
        lines = [line for line in err.splitlines() if line.strip() and not line.startswith(_SAID)]
        lines = [line for line in lines if not line.endswith((" ...", " worker", " workers"))]  # what a run is about
        assert len(lines) == 1, f"no single sentence{told}"
        assert lines[0].startswith("embedbench: error: "), f"no refusal{told}"
        assert len(lines[0]) < 700, f"too long a sentence{told}"
        assert "Traceback" not in err, f"a traceback{told}"
        assert out == "", f"something on standard output{told}"
        changed = sorted(map(str, dict(_files(self.folder).items() ^ before.items())))
        assert not changed, f"something was written: {changed}{told}"


def _files(folder):
    """Every path below a folder, of files with their size and time of change."""
    found = [(str(path.relative_to(folder)), path.lstat()) for path in Path(folder).rglob("*")]
    return {
        path: None if S_ISDIR(one.st_mode) else (one.st_size, one.st_mtime_ns)
        for path, one in found
        if not path.endswith(".lock")  # says who looked last
    }


def called(folder, argv):
    """Exit code and output of the command line, called in this process."""
    out, err, before = io.StringIO(), io.StringIO(), Path.cwd()
    os.chdir(folder)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                main(argv)
            except SystemExit as ended:
                code = ended.code
            except BaseException:
                code = "a traceback"
                err.write(traceback.format_exc())
    finally:
        os.chdir(before)
    return code, out.getvalue(), err.getvalue()


def damaged(rng, content):
    """The bytes of a file, cut, altered, spliced or mixed with others."""
    many = len(content)
    start = rng.randrange(many + 1)
    stop = min(many, start + rng.choice([1, 2, 16, 256]))
    how = rng.randrange(12)
    if how == 0:
        return content[:start]
    if how == 1:
        return content[start:]
    if how == 2:
        return content[:start] + content[stop:]
    if how == 3:
        return content[:start] + content[start:stop] * rng.choice([2, 50]) + content[stop:]
    if how == 4:
        return content[:start] + bytes(stop - start) + content[stop:]
    if how == 5:
        return content[:start] + rng.randbytes(rng.choice([1, 8, 100])) + content[start:]
    if how == 6:
        return rng.choice([b"", b"\n", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"{}", b"\r\r\r", rng.randbytes(300)])
    if how == 7:
        odd = rng.choice(["\ud83d", "\u202e", "e\u0301", "\x1b[31m", '"', "\\", "\u2028"]).encode(
            "utf8", "surrogatepass"
        )
        return content[:start] + odd + content[start:]
    if how == 8:
        number = rng.choice([b"1e999", b"-1", b"9" * 400, b"nan", b"-inf", b"0x10", b"1_000", b"99999999999999999999"])
        return content[:start] + number + content[stop:]
    flipped = bytearray(content)
    for _ in range(rng.choice([1, 1, 3, 20]) if many else 0):
        flipped[rng.randrange(many)] ^= 1 << rng.randrange(8)
    return bytes(flipped)


def odd_value(rng):
    """A value that hardly any setting or cell is made for."""
    nested = []
    for _ in range(rng.choice([3, 90])):
        nested = [nested] if rng.random() < 0.5 else {"a": nested}
    return rng.choice(
        [
            *(None, True, False, 0, -1, 1, 2**31, 2**63, -(2**64), 10**400),
            *(0.5, -0.0, 1e308, 5e-324, float("nan"), float("inf"), -float("inf")),
            *("", " ", "a", "null", "nan", "1e5", "-1", "None", "../up", ".", "a/b", "a\\b", "~"),
            *("\x00", "\ud83d", "e\u0301", "\u202eabc", "\U0001f600", "x" * 5000, "a.b.c", "os.system", "[1, 2", "{"),
            *([], {}, [[]], [None], [1, "a", None], {"a": 1}, {1: 2}, {None: None}, {"class_path": 3}, {(1, 2): 3}),
            *(datetime.date(2020, 1, 1), datetime.datetime(2020, 1, 1, 12, 30), {1, "a"}, b"bytes", b"\xff\xfe"),
            *({"class_path": "os.system"}, {"class_path": "embedbench.nowhere.Nothing", "init_args": [1]}, nested),
            *({"init_args": {"a": 1}}, {"value": {1: 2}}, {"values": []}, [float("nan")], {"": ""}, {"a.b": {"c": 1}}),
        ]
    )


def odd_tree(rng, tree, value=odd_value):
    """Nested mappings and lists with one or two entries replaced, removed, renamed, wrapped, added or doubled."""
    changed = copy.deepcopy(tree)
    for _ in range(rng.choice([1, 1, 2])):
        parent, key = rng.choice(list(_places(changed)))
        how = rng.randrange(8)
        if how <= 3:
            parent[key] = value(rng)
        elif how == 4:
            del parent[key]
        elif how == 5:
            parent[key] = rng.choice([[parent[key]], {"a": parent[key]}, [parent[key]] * 3, str(parent[key])])
        elif isinstance(parent, dict):
            name = rng.choice(["", "odd", 1, 2.5, None, True, "a.b", "class_path", "init_args", f"{key} ", "x" * 300])
            parent[name] = parent.pop(key) if how == 6 else value(rng)
        else:
            parent.insert(rng.randrange(len(parent) + 1), value(rng))
        if not any(True for _ in _places(changed)):
            break
    return changed


def _places(tree):
    """Where each value of nested mappings and lists is."""
    for key, item in list(tree.items()) if isinstance(tree, dict) else list(enumerate(tree)):
        yield tree, key
        if isinstance(item, (dict, list)):
            yield from _places(item)


def odd_text(rng):
    """A word of a command line that hardly any argument is made for."""
    return rng.choice(
        [
            *(
                "",
                " ",
                "-",
                "--",
                "-5",
                "=",
                "==",
                "--=",
                "--a=",
                "0",
                "1e999",
                "9" * 400,
                "0x10",
                "1_0",
                ".nan",
                "-.inf",
            ),
            *("null", "~", "no", "2020-01-01", "12:30:00", "[", "[]", "{}", "[1, 2", "{a: b", "{1: 2}", "!!set {1}"),
            *("!!python/object/apply:os.getcwd []", "&a [*a]", "? a", "%", "@", "'", '"', "`", "!!binary aGk=", "#"),
            *("\udcff", "\u202eabc", "e\u0301", "\U0001f600", "x" * 300, "x" * 5000, ".", "..", "/", "a/b", "a\nb"),
            *("os.system", "os.nowhere", ".a", "a.", "embedbench", "embedbench.cli.main", "[" * _DEEP, "*", "[[[]]]"),
        ]
    )


def deep(rng):
    """Text that nests deeper than parsers recurse, or refers to itself."""
    return rng.choice(["[" * _DEEP + "]" * _DEEP, '{"a":' * _DEEP + "1" + "}" * _DEEP, "&a [*a]", "&a {b: *a}"])
