"""A run's folder: claimed once, and what is written is what is read."""

import pytest
import torch
import yaml
from safetensors.torch import load_file

from embedbench.errors import UsageError
from embedbench.experiment.folder import claim, save_embeddings


def test_claim_writes_the_configuration(tmp_path):
    config = {"model": {"class_path": "a.B", "init_args": {"name": "Größe"}}, "seed_everything": 3}
    claim(tmp_path / "a" / "b", config, overwrite=False)
    text = (tmp_path / "a" / "b" / "config.yaml").read_text(encoding="utf8")
    assert yaml.safe_load(text) == config
    assert "Größe" in text


def test_folder_that_exists_is_kept_unless_told(tmp_path):
    folder = tmp_path / "run"
    claim(folder, {"a": 1}, overwrite=False)
    (folder / "old").touch()
    with pytest.raises(UsageError, match=r"the run folder .*run exists; add --overwrite"):
        claim(folder, {"a": 2}, overwrite=False)
    assert (folder / "old").exists()
    claim(folder, {"a": 2}, overwrite=True)
    assert [path.name for path in folder.iterdir()] == ["config.yaml"]


def test_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file" / "run", tmp_path / "file"):
        with pytest.raises(UsageError, match=r"cannot write to .*file.* \(Not a directory\); give a writable folder"):
            claim(folder, {}, overwrite=True)


def test_embeddings(tmp_path):
    z = torch.randn(5, 3).T  # not contiguous
    save_embeddings(tmp_path, "val", {"z": z, "index": torch.arange(3)}, "")
    found = load_file(tmp_path / "embeddings" / "val.safetensors")
    assert torch.equal(found["z"], z)
    assert found["index"].tolist() == [0, 1, 2]
