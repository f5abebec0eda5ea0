"""Runs are known by the content of the files that their arguments name by type, and by nothing else."""

import os
from pathlib import Path

import pytest

from embedbench import cache
from embedbench.data.preprocessing import PREPROCESSING
from embedbench.paradigms.saved import WEIGHTS
from embedbench.request import content as module
from embedbench.request.content import OF_RUN, content, contents
from embedbench.request.request import build_request, run_id
from embedbench.run.store.owner import CONFIG


def name_of(line, **values):
    return run_id(build_request([word.format(**values) for word in line.split()]))


def aged(*files):
    """Files as they are two seconds after they were written."""
    past = module._FRESH
    module.time = type(
        "Clock", (), {"time_ns": staticmethod(lambda: max(os.stat(f).st_ctime_ns for f in files) + past)}
    )


@pytest.fixture(autouse=True)
def _clock(monkeypatch):
    monkeypatch.setattr(module, "time", module.time)
    monkeypatch.setattr(module, "_known", {})


LINES = {
    "table": "--model pca --data table --data.path {file}",
    "labels": "--model pca --data arrays --data.path none.npz --data.labels {file}",
    "teacher": "--model relational_distillation --model.teacher {file} --data digits",
    "run to build on": "--model kmeans --model.on {file} --data digits",
    "word tests": "--model ppmi_svd --data wordnet5k --suite.word_tests {folder}",
    "images": "--model pca --data image_folder --data.root {folder}",
    "folder of a pretrained model": "--model pretrained --model.path {folder} --data wordnet5k",
    "encoder": "--model supervised --model.encoder Pretrained --model.encoder.path {folder} --data wordnet5k",
    "data set of a folder": "--model pca --data huggingface --data.path {folder} --data.image x",
}


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_every_path_counts_by_content(line, tmp_path):
    file = tmp_path / "folder" / "x.csv"
    file.parent.mkdir()
    file.write_bytes(b"12")
    values = {"file": file, "folder": file.parent}
    first = name_of(line, **values)
    os.utime(file, ns=(1, 1))
    assert name_of(line, **values) == first  # the same content at another time
    file.write_bytes(b"13")
    os.utime(file, ns=(1, 1))
    assert name_of(line, **values) != first  # another content of the same size and time
    file.write_bytes(b"12")
    assert name_of(line, **values) == first  # back again


TEXTS = {
    "label": "--model pca --data table --data.path none.csv --data.label {text}",
    "list": "--model pca --data table --data.path none.csv --data.drop [{text}]",
    "name": "--model pca --data digits --model_name {text}",
    "mapping": "--model pca --data huggingface --data.path none --data.image x --data.splits.train {text}",
}


@pytest.mark.parametrize("line", TEXTS.values(), ids=TEXTS)
def test_what_only_looks_like_a_path_does_not(line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first = name_of(line, text="species")
    (tmp_path / "species").mkdir()
    (tmp_path / "species" / "cat").write_bytes(b"1")
    assert name_of(line, text="species") == first


def test_run_counts_by_what_a_model_takes_of_it(tmp_path):
    assert set(OF_RUN) == {CONFIG, PREPROCESSING, WEIGHTS.as_posix()}
    for name in (*OF_RUN, "result.json", "embeddings/test.safetensors"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name, encoding="utf8")
    first = content(tmp_path)
    (tmp_path / "result.json").write_text("with further metrics", encoding="utf8")
    (tmp_path / "history.csv").write_text("1", encoding="utf8")
    assert content(tmp_path) == first
    for name in OF_RUN:
        (tmp_path / name).write_text("other", encoding="utf8")
        assert content(tmp_path) != first
        (tmp_path / name).write_text(name, encoding="utf8")


def test_what_is_no_file(tmp_path):
    assert content(tmp_path / "none") is None
    os.mkfifo(tmp_path / "pipe")
    assert content(tmp_path / "pipe") is None
    empty = content(tmp_path)
    (tmp_path / "link").symlink_to("nowhere")
    assert content(tmp_path) == empty
    (tmp_path / "a").write_bytes(b"")
    assert content(tmp_path) != empty


def test_names_in_a_folder_count(tmp_path):
    (tmp_path / "cat").mkdir()
    (tmp_path / "cat" / "1.png").write_bytes(b"1")
    first = content(tmp_path)
    (tmp_path / "cat").rename(tmp_path / "dog")
    assert content(tmp_path) != first


@pytest.fixture
def reads(monkeypatch):
    """How often files were read."""
    read, digest = [], module._digest
    monkeypatch.setattr(module, "_digest", lambda files: read.append(1) or digest(files))
    return read


def test_large_files_are_read_once_by_all_commands(tmp_path, monkeypatch, reads):
    monkeypatch.setenv("EMBEDBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(module, "_LARGE", 5)
    small, large = tmp_path / "small", tmp_path / "large"
    small.write_bytes(b"1234")
    large.write_bytes(b"12345")
    aged(small, large)
    first = [content(small), content(large), content(small), content(large)]
    assert (first[:2], len(reads)) == (first[2:], 2)
    module._known.clear()  # another command
    assert [content(small), content(large)] == first[:2]
    assert len(reads) == 3
    large.write_bytes(b"12346")
    os.utime(large, ns=(1, 1))
    aged(large)
    assert content(large) != first[1]
    monkeypatch.setenv("EMBEDBENCH_CACHE_SIZE", "0")
    module._known.clear()
    assert content(small) == first[0]
    assert list((cache.folder()).rglob("*.safetensors"))


def test_fresh_files_are_read_each_time(tmp_path, reads):
    (tmp_path / "x").write_bytes(b"1")
    assert content(tmp_path / "x") == content(tmp_path / "x")
    assert len(reads) == 2


def test_nested_arguments_have_dotted_names(tmp_path):
    (tmp_path / "x").write_bytes(b"1")
    encoder = {"class_path": "Pretrained", "init_args": {"path": str(tmp_path / "x")}}
    path = "embedbench.paradigms.supervised.supervised.Supervised"
    found = contents({"class_path": path, "init_args": {"encoder": encoder, "lr": 1}})
    assert found == {"init_args.encoder.init_args.path": [content(Path(tmp_path / "x"))]}
    assert contents({}) == contents({"class_path": path, "init_args": None}) == {}
