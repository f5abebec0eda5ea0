"""What every command that writes where a user says refuses before its work: its other arguments are wrong too."""

import os
import shlex

import pytest

FILES = {
    "leaderboard": ("leaderboard nowhere", ".md"),
    "embed": ("embed runs/none", ".npz"),
    "evaluate": ("evaluate none.npz", ".json"),
    "evaluate a run": ("evaluate --run runs/none", ".json"),
}
FOLDERS = {
    "compare": "compare --models raw --seeds 1 --data table --data.path none.csv",
    "sweep": "sweep compare --data.path none.csv",
    "sample": "sample runs/none",
}


@pytest.fixture
def place(tmp_path):
    (tmp_path / "there").touch()
    for ending in (".md", ".npz", ".json"):
        (tmp_path / f"folder{ending}").mkdir()
        (tmp_path / f"link{ending}").symlink_to("there")
        os.mkfifo(tmp_path / f"pipe{ending}")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("folder", "is a folder; name a file in it."),
        ("link", "is a link; name the file itself."),
        ("pipe", "is a pipe; name a file."),
        ("none/x", "there is no folder none; make it first."),
        ("x.odd", "--output must end in ."),
        ("/dev/null", "is a device; name a file."),
        ("/proc/x", "cannot write in the folder /proc"),
    ],
)
@pytest.mark.parametrize(("line", "ending"), FILES.values(), ids=FILES)
def test_file(line, ending, name, said, refused, place):
    ending = "" if name in ("x.odd", "/dev/null") else ending
    assert said in refused(*shlex.split(line), "--output", name + ending)


@pytest.mark.parametrize("name", ["pipe.md", "pipe.md/x", "link.md", "/dev/null", "/proc/x"])
@pytest.mark.parametrize("line", FOLDERS.values(), ids=FOLDERS)
def test_folder(line, name, refused, place):
    assert f"--output {name}: cannot write below " in refused(*shlex.split(line), "--output", name)


def test_folder_in_which_a_table_can_not_be_replaced(refused, place):
    (place / "tables" / "leaderboard.csv").mkdir(parents=True)
    said = refused(*shlex.split(FOLDERS["compare"]), "--output", "tables")
    assert said == "--output tables/leaderboard.csv is a folder; name a file in it."
    said = refused(*shlex.split(FOLDERS["compare"]), "--runs", "tables")
    assert said == "--runs tables/leaderboard.csv is a folder; name a file in it."


def test_what_is_embedded_is_not_replaced(refused, place):
    (place / "new.csv").write_text("a\n1\n", encoding="utf8")
    said = refused("embed", "runs/none", "new.csv", "--output", "./new.csv")
    assert said == "--output new.csv is the file to embed, which it would replace; name another."
