import subprocess
import sys
from datetime import datetime, timedelta, timezone
from importlib import metadata

import embedbench
from embedbench.results.environment import environment, git_commit, utc_now


def test_utc_now_is_the_time_in_utc_and_sorts():
    first, second = utc_now(), utc_now()
    moment = datetime.fromisoformat(first)
    assert moment.utcoffset() == timedelta(0)
    assert abs(datetime.now(timezone.utc) - moment) < timedelta(seconds=10)
    assert first <= second
    assert len(first) == len("2026-01-01T00:00:00.000000+00:00")


def test_environment_names_versions():
    seen = environment()
    assert list(seen) == ["embedbench", "python", "torch", "lightning", "faiss", "platform", "git_commit"]
    assert seen["embedbench"] == embedbench.__version__
    assert seen["python"] == ".".join(map(str, sys.version_info[:3]))
    assert seen["torch"] == metadata.version("torch")
    assert seen["lightning"] == metadata.version("lightning")


def git(folder, *args):
    command = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@b.c", *args]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_commit_is_of_the_packages_own_checkout_alone(tmp_path):
    package = tmp_path / "checkout" / "embedbench"
    package.mkdir(parents=True)
    assert git_commit(package) is None
    git(package.parent, "init")
    assert git_commit(package) is None  # no commit yet
    (package / "a.py").write_text("")
    git(package.parent, "add", ".")
    git(package.parent, "commit", "-m", "first")
    assert git_commit(package) == git(package.parent, "rev-parse", "HEAD")
    installed = package.parent / "venv" / "site-packages" / "embedbench"
    installed.mkdir(parents=True)
    assert git_commit(installed) is None
