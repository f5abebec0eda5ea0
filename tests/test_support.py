"""What tests stand on: processes forked from a warm one are what new interpreters are, and long files begin first."""

import json
import os
import signal
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
from order import LONGEST, longest_first
from warm import Process, ended

HERE = Path(__file__).parent
TELLS = """
import json, os, random, sys
print(json.dumps([sys.argv, os.getcwd(), os.environ.get("TOLD"), __name__, sys.path[0], os.getsid(0) == os.getpid()]))
print(random.random(), file=sys.stderr)
sys.exit(7)
"""


def test_long_files_are_there_and_begin_first():
    assert not [name for name in LONGEST if not (HERE / f"{name}.py").is_file()]
    items = [SimpleNamespace(path=HERE / name) for name in ("a.py", f"{LONGEST[1]}.py", "b.py", f"{LONGEST[0]}.py")]
    longest_first(items, HERE)
    found = [item.path.relative_to(HERE).as_posix() for item in items]
    assert found == [f"{LONGEST[0]}.py", f"{LONGEST[1]}.py", "a.py", "b.py"]


@pytest.mark.slow
def test_a_forked_process_is_as_a_new_one(tmp_path):
    script = tmp_path / "tells.py"
    script.write_text(TELLS, encoding="utf8")
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    done, again = (ended([script, "a", "b c"], folder, {**os.environ, "TOLD": "é"}) for _ in range(2))
    assert done.returncode == again.returncode == 7
    found = json.loads(done.stdout)
    assert found == [[str(script), "a", "b c"], str(folder), "é", "__main__", str(tmp_path), True]
    assert done.stderr != again.stderr  # chance is each one's own


@pytest.mark.slow
def test_a_script_that_a_forked_process_starts_is_forked_too(tmp_path):
    (tmp_path / "child.py").write_text(
        "import sys\nprint('lightning' in sys.modules, sys.argv[1:])\nsys.exit('said')\n", encoding="utf8"
    )
    (tmp_path / "parent.py").write_text(
        "import subprocess, sys\n"
        "for _ in range(2):\n"
        "    done = subprocess.run([sys.executable, 'child.py', 'a'], capture_output=True, text=True)\n"
        "    print(done.returncode, done.stdout.strip(), done.stderr.strip())\n",
        encoding="utf8",
    )
    done = ended([tmp_path / "parent.py"], tmp_path, spares=1)
    assert done.stdout == "1 True ['a'] said\n1 False ['a'] said\n", done.stderr  # then there is none left


@pytest.mark.slow
def test_a_forked_process_can_be_killed_and_waited_for(tmp_path):
    (tmp_path / "waits.py").write_text("import time\ntime.sleep(60)\n", encoding="utf8")
    process = Process([tmp_path / "waits.py"], tmp_path)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.1)
    assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    assert process.wait(60) == -signal.SIGKILL == process.poll()


@pytest.mark.slow
def test_a_signal_is_a_traceback_where_nobody_handles_it(tmp_path):
    (tmp_path / "waits.py").write_text("import time\nopen('here', 'w')\ntime.sleep(60)\n", encoding="utf8")
    process = Process([tmp_path / "waits.py"], tmp_path)
    while not (tmp_path / "here").exists():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(60)
    assert "KeyboardInterrupt" in err
    assert process.returncode != 0
