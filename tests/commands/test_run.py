"""`embedbench run`: what it leaves behind, finished or failed, and that a recorded run can be repeated."""

import pytest
import yaml
from safetensors.numpy import load_file

PARADIGM = '''
import torch
from embedbench.paradigms.learned import Learned
from embedbench.types import Batch, DataSpec


class Mything(Learned):
    """Pulls every embedding to a circle of a radius."""

    kind = "self_supervised"

    def __init__(self, spec: DataSpec, latent_dim: int | None = None, radius: float = 1.0) -> None:
        super().__init__(spec, latent_dim, None, 1e-3, 0.0)
        self.radius = radius
        self.head = torch.nn.Linear(self.encoder.out_dim, self.latent_dim)

    def terms(self, batch: Batch) -> dict[str, torch.Tensor]:
        return {"ring": (self.embed(batch.x).norm(dim=1) - self.radius).square().mean()}

    def embed(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.encoder(x))
'''


@pytest.fixture(scope="module")
def done(tmp_path_factory, command, few):
    """A folder with a finished run of PCA and one of an auto-encoder, and what the first printed."""
    folder = tmp_path_factory.mktemp("runs")
    ended = {}
    for model in ("pca", "autoencoder"):
        ended[model] = command(folder, "run", "--model", model, "--data", "digits", *few, "--run_id", model)
    return folder, ended


def config(folder, name):
    return yaml.safe_load((folder / "runs" / name / "config.yaml").read_text(encoding="utf8"))


def test_finished_run_is_shown_and_recorded(done, results_in):
    folder, ended = done
    result = results_in(folder)["pca"]
    assert [e.code for e in ended.values()] == [0, 0], ended
    assert (result["status"], result["error"], result["dataset"], result["seed"]) == ("finished", None, "digits", 0)
    assert result["splits"] == {"train": 270, "val": 30, "test": 60}
    assert sorted(result["metrics"]) == ["test", "val"]
    for value in result["metrics"]["test"].values():
        assert f"{value:.4f}" in ended["pca"].out
    names = {path.name for path in (folder / "runs" / "pca").iterdir()}
    assert names == {".lock", "checkpoints", "config.yaml", "preprocessing.safetensors", "queries", "result.json"}
    assert (folder / "runs" / "autoencoder" / "history" / "metrics.csv").is_file()


def test_configuration_holds_defaults_and_what_was_asked(done):
    found = config(done[0], "autoencoder")
    assert found["model"]["class_path"] == "embedbench.paradigms.classical.autoencoder.Autoencoder"
    assert found["model"]["init_args"]["lr"] == 1e-3
    assert found["data"]["init_args"]["train_rows"] == 300
    assert found["trainer"]["max_steps"] == 4
    assert found["threads"] == 1


@pytest.mark.parametrize("name", ["pca", "autoencoder"])
def test_recorded_run_repeats(name, done, command, results_in):
    folder = done[0]
    first = results_in(folder / "runs")[name]["metrics"]
    again = f"again-{name}"
    assert command(folder, "run", "--config", f"runs/{name}/config.yaml", "--runs", again).code == 0
    (second,) = results_in(folder / again).values()
    for split, values in first.items():
        assert second["metrics"][split] == pytest.approx(values, abs=1e-6)
    assert second["config"] == results_in(folder / "runs")[name]["config"]


@pytest.mark.slow
def test_recorded_run_repeats_in_a_fresh_process(done, command_afresh, results_in):
    folder = done[0]
    line = "run --config runs/autoencoder/config.yaml --runs fresh"
    assert command_afresh(folder, *line.split()).code == 0
    first, second = results_in(folder / "runs")["autoencoder"], results_in(folder / "fresh")["autoencoder"]
    for split in ("val", "test"):
        assert second["metrics"][split] == pytest.approx(first["metrics"][split], abs=1e-6)


def test_existing_folder_is_kept_unless_told(done, command, few):
    folder = done[0]
    line = ["run", "--model", "raw", "--data", "digits", *few, "--run_id", "kept"]
    assert command(folder, *line).code == 0
    stamp = (folder / "runs" / "kept" / "result.json").stat().st_mtime_ns
    code, _, err = command(folder, *line)
    assert code == 2
    assert "the run folder runs/kept exists; add --overwrite" in err
    assert (folder / "runs" / "kept" / "result.json").stat().st_mtime_ns == stamp
    assert command(folder, *line, "--overwrite").code == 0
    assert (folder / "runs" / "kept" / "result.json").stat().st_mtime_ns > stamp


def test_later_argument_wins_over_the_configuration(done, command, results_in):
    folder = done[0]
    line = "run --config runs/pca/config.yaml --model.latent_dim 3 --runs three"
    assert command(folder, *line.split()).code == 0
    assert results_in(folder / "three")["pca"]["latent_dim"] == 3


@pytest.mark.parametrize("model", ["autoencoder", "vae"])
def test_loss_that_becomes_nan_stops_the_run(model, tmp_path, command, few, results_in):
    code, out, err = command(tmp_path, "run", "--model", model, "--data", "digits", *few, "--model.lr", "1e30")
    result = results_in(tmp_path)[model]
    assert (code, out, result["status"]) == (1, "", "failed")
    assert "the loss became NaN or infinite at step 1; lower --model.lr (now 1e+30)" in result["error"]
    assert "embedbench: failed: " in err
    assert result["run_id"] in err
    assert result["metrics"] == {}
    assert "RunError" in (tmp_path / "runs" / result["run_id"] / "traceback.txt").read_text(encoding="utf8")


def test_step_named_is_that_of_the_first_bad_loss(tmp_path, command, few, results_in):
    """The loss is looked at only every fifth step here, and must not be blamed on that step."""
    (tmp_path / "late.py").write_text(
        PARADIGM.replace("return {", "late = float('nan') if self.global_step == 7 else 1.0\n        return {")
        .replace(".mean()}", ".mean() * late}")
        .replace("Mything", "Late"),
        encoding="utf8",
    )
    line = ["--trainer.max_steps", "40", "--trainer.log_every_n_steps", "5", "--data.batch_size", "50"]
    ended = command(tmp_path, "run", "--model", "late.Late", "--data", "digits", *few, *line)
    assert ended.code == 1
    assert "at step 7;" in results_in(tmp_path)["Late"]["error"]


def test_own_paradigm_is_one_file_and_one_yaml(tmp_path, command, few, results_in):
    (tmp_path / "mything.py").write_text(PARADIGM, encoding="utf8")
    (tmp_path / "conf" / "model").mkdir(parents=True)
    recipe = "# Rings\nclass_path: mything.Mything\ninit_args:\n  radius: 2.0\n"
    (tmp_path / "conf" / "model" / "mything.yaml").write_text(recipe, encoding="utf8")
    assert ["mything", "Rings"] in [line.split() for line in command(tmp_path, "list", "models").out.splitlines()]
    ended = command(tmp_path, "run", "--model", "mything", "--data", "digits", *few, "--model.latent_dim", "5")
    assert ended.code == 0, ended.err
    result = results_in(tmp_path)["mything"]
    assert (result["paradigm"], result["latent_dim"], result["model_class"]) == (
        "self_supervised",
        5,
        "mything.Mything",
    )
    assert result["config"]["model"]["init_args"] == {"latent_dim": 5, "radius": 2.0}


def test_embeddings_are_kept_on_request(tmp_path, command, few):
    line = ["run", "--model", "raw", "--data", "digits", *few, "--run_id", "kept", "--keep_embeddings"]
    assert command(tmp_path, *line).code == 0
    folder = tmp_path / "runs" / "kept" / "embeddings"
    assert {path.stem for path in folder.iterdir()} == {"train", "val", "test"}
    rows = load_file(folder / "test.safetensors")
    assert rows["z"].shape == (60, 64)
    assert rows["index"].tolist() == list(range(60))
    assert rows["label"].shape == (60,)
