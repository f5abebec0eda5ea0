"""The commands of the docs' pages on one's own data run, and describe says what the pages show."""

import pytest
from pages import ROOT, blocks, shell

PAGES = {path.stem for path in sorted((ROOT / "docs").glob("own_*.md"))}


@pytest.fixture(scope="module", params=sorted(PAGES))
def page(request, tmp_path_factory):
    """The name of a page, and a folder with the files that its first command makes."""
    folder = tmp_path_factory.mktemp(request.param)
    done = shell(blocks(request.param, "bash")[0], folder)
    assert done.returncode == 0, done.stderr
    return request.param, folder


def test_pages_there_are():
    assert {"own_data", "own_texts", "own_images", "own_vectors", "own_cells"} == PAGES


def test_describe_says_what_the_page_shows(page):
    name, folder = page
    done = shell(blocks(name, "bash")[1], folder)
    (shown,) = blocks(name, "text")
    assert (done.returncode, done.stdout) == (0, shown)


@pytest.mark.slow
def test_every_command_runs(page):
    name, folder = page
    for block in blocks(name, "bash")[2:]:
        done = shell(block, folder)
        assert done.returncode == 0, done.stderr
        assert "failed" not in done.stderr
