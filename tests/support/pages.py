"""Commands of the docs' pages, run as a reader would run them."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
ENV = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120"}


def shell(text, cwd):
    """Runs a block, by this interpreter."""
    python = shlex.quote(sys.executable)
    line = re.sub(r"^embedbench\b", f"{python} -m embedbench", text, flags=re.MULTILINE)
    line = re.sub(r"^python\b", python, line, flags=re.MULTILINE)
    return subprocess.run(["bash", "-ec", line], cwd=cwd, env=ENV, capture_output=True, text=True, check=False)


def blocks(page, kind):
    """The blocks of a kind, such as "bash", on a page."""
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf8")
    return re.findall(rf"```{kind}\n(.*?)```", text, re.DOTALL)
