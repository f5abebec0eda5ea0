import re
import shutil
import subprocess

import pytest

from embedbench.results.report.latex import render
from embedbench.results.table.board import Leaderboard

needs_latex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")


def compiles(text, folder):
    (folder / "board.tex").write_text(text, encoding="utf8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "board.tex"]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-2000:]
    log = (folder / "board.log").read_text(errors="replace")
    assert "Missing character" not in log
    assert (folder / "board.pdf").exists()


@needs_latex
@pytest.mark.slow
def test_pdflatex_compiles_it(two_tables, tmp_path):
    compiles(render(two_tables), tmp_path)


@needs_latex
@pytest.mark.slow
def test_pdflatex_compiles_every_sign_that_a_name_may_have(make_result, tmp_path):
    signs = "".join(map(chr, [*range(0x20, 0x7F), *range(0xA0, 0x180), 0x3B2, 0x2192, 0x4E2D, 0x1F600, 0x7F, 0x1B]))
    names = [signs[start : start + 24] for start in range(0, len(signs), 24)]
    results = [make_result(f"a{name}", 0, {"own_%/x_&": 0.5}, dataset=f"{signs[:95]}", notes=[name]) for name in names]
    compiles(render(Leaderboard(results, problems=[signs])), tmp_path)


@needs_latex
@pytest.mark.slow
def test_pdflatex_compiles_an_empty_board(empty, tmp_path):
    compiles(render(empty), tmp_path)


def test_booktabs_stress_and_equal_columns(board):
    text = render(board)
    for rule in (r"\toprule", r"\midrule", r"\bottomrule", r"\cmidrule(lr){2-3}"):
        assert rule in text
    assert r"\textbf{0.930 $\pm$ 0.020}" in text
    lines = [line for line in text.splitlines() if line.endswith(r" \\") and "multicolumn" not in line]
    assert {len(re.split(r"(?<!\\)&", line)) for line in lines} == {15}
    assert r"50\%\_a \& b \#1 \$x\$ \{\textasciitilde{}\textasciicircum{}\} \textbackslash{}" in text
    assert "U+03B2" in text
