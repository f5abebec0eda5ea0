"""From words to a request: later wins, names stand for files, and W&B's spellings mean what they say."""

import json

import pytest
import yaml

from embedbench.errors import UsageError
from embedbench.request.request import build_request, pairs, read_args, run_id

BASE = ["--model", "pca", "--data", "digits"]


def model_args(*args):
    return build_request([*BASE, *args])["model"].get("init_args")


def name_of(*args):
    return run_id(build_request([*BASE, *args]))


def test_both_spellings_of_a_pair():
    words = ["--a", "1", "--b=2", "--c.d", "-3", "--e=x=y", "--f="]
    assert pairs(words) == [("a", "1"), ("b", "2"), ("c.d", "-3"), ("e", "x=y"), ("f", "")]
    assert pairs(["--a=--b"]) == [("a", "--b")]
    for words in (["--a"], ["--a", "--b", "1"]):
        with pytest.raises(UsageError, match="--a has no value; write --a VALUE"):
            pairs(words)
    with pytest.raises(UsageError, match="cannot read the argument 'b'"):
        pairs(["--a", "1", "b"])


TABLE = ["--model=supervised", "--data=table", "--data.path=my #1.csv"]


@pytest.mark.parametrize("text", ["2020", "no", "1e5", "12:30", "null", "~", "None", "my #1", "[a]", "{a: b}", ""])
def test_text_is_what_was_typed(text):
    """As by hand and as by ``wandb agent``; by hand a text that begins with -- needs the second form."""
    for words in ([f"--data.label={text}"], ["--data.label", text]):
        request = build_request([*TABLE, *words, f"--monitor={text}", f"--suite.metrics=['{text}']"])
        assert request["data"]["init_args"] == {"path": "my #1.csv", "label": text}
        assert request["monitor"] == text
        assert request["suite"]["init_args"] == {"metrics": [text]}
        nested = build_request([*TABLE, "--model.encoder", "Pretrained", f"--model.encoder.path={text}"])
        assert nested["model"]["init_args"]["encoder"]["init_args"] == {"path": text}


def test_text_is_taken_back_by_a_configuration_alone():
    request = build_request([*TABLE, "--data.label", "y", "--config", '{"data.label": null}'])
    assert request["data"]["init_args"] == {"path": "my #1.csv", "label": None}


def test_texts_and_numbers_of_mappings_and_lightning():
    request = build_request(
        [*TABLE, "--data=huggingface", "--data.splits.train", "no", "--trainer.max_time=1:00:00:00"]
    )
    assert request["data"]["init_args"] == {"splits": {"train": "no"}}
    assert request["trainer"]["max_time"] == "1:00:00:00"
    assert build_request([*BASE, "--trainer.devices", "2", "--trainer.precision", "16"])["trainer"]["devices"] == 2


def test_both_spellings_make_one_request():
    spaced = [*BASE, "--model.latent_dim", "3", "--trainer.max_steps", "7"]
    joined = ["--model=pca", "--data=digits", "--model.latent_dim=3", "--trainer.max_steps=7"]
    assert build_request(spaced) == build_request(joined)


def test_defaults():
    request = build_request(BASE)
    assert request["seed_everything"] == 0
    assert request["threads"] is None
    assert (request["model_name"], request["data_name"]) == ("pca", "digits")
    assert request["trainer"]["max_steps"] == 3000
    assert request["suite"]["class_path"] == "embedbench.evaluation.suite.Suite"


def test_later_wins():
    assert model_args("--model.latent_dim", "3", "--model.latent_dim", "4") == {"latent_dim": 4}
    assert build_request([*BASE, "--model", "vae"])["model_name"] == "vae"
    assert build_request([*BASE, "--model.latent_dim", "3", "--model", "vae"])["model"].get("init_args") is None
    assert build_request([*BASE, "--trainer.max_steps", "5", "--trainer", "fast"])["trainer"]["max_steps"] == 1000


def test_group_is_a_name_a_path_or_a_class(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("class_path: embedbench.paradigms.generative.vae.VAE\ninit_args:\n  lr: 0.5\n", encoding="utf8")
    by_path = build_request(["--data", "digits", "--model", str(path), "--model.latent_dim", "2"])
    assert by_path["model_name"] == "mine"
    assert by_path["model"] == {
        "class_path": "embedbench.paradigms.generative.vae.VAE",
        "init_args": {"lr": 0.5, "latent_dim": 2},
    }
    vae = "embedbench.paradigms.generative.vae.VAE"
    by_class = build_request(["--data", "digits", "--model", vae])
    assert by_class["model_name"] == "VAE"
    assert by_class["model"] == {"class_path": "embedbench.paradigms.generative.vae.VAE"}


def test_file_on_disk_is_never_changed_by_an_override():
    first = build_request([*BASE, "--model.latent_dim", "3"])
    assert build_request(BASE)["model"].get("init_args") is None
    assert first["model"]["init_args"] == {"latent_dim": 3}


def test_nested_class():
    more = ["--model", "vae", "--model.encoder", "MLP", "--model.encoder.width", "64"]
    encoder = {"class_path": "MLP", "init_args": {"width": 64}}
    assert model_args(*more) == {"encoder": encoder}
    assert model_args("--model", "vae", "--model.encoder.class_path", "MLP", "--model.encoder.init_args.width=64") == {
        "encoder": encoder
    }
    assert model_args("--model", "vae", "--model.init_args.latent_dim", "2") == {"latent_dim": 2}


@pytest.mark.parametrize("form", ["file", "json", "dotted"])
def test_configuration(form, tmp_path):
    content = {"model": "vae", "data": "wine", "seed_everything": 3}
    content |= {"model.latent_dim": 2} if form == "dotted" else {}
    more = [] if form == "dotted" else ["--model.latent_dim", "2"]
    path = tmp_path / "all.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf8")
    request = build_request(["--config", json.dumps(content) if form == "json" else str(path), *more])
    assert (request["model_name"], request["data_name"], request["seed_everything"]) == ("vae", "wine", 3)
    assert request["model"]["init_args"] == {"latent_dim": 2}


def test_whole_request_is_a_configuration(tmp_path):
    request = build_request([*BASE, "--model.latent_dim", "3", "--seed_everything", "2", "--model_name", "mine"])
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(request, sort_keys=False), encoding="utf8")
    assert build_request(["--config", str(path)]) == request
    assert run_id(build_request(["--config", str(path)])) == run_id(request)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--config", "{broken"], "--config got text that is no JSON"),
        (["--config", '{"model": {"class_path": "a.B", "class_path": "c.D"}}'], "has the key 'class_path' 2 times"),
        (["--config", "none.yaml"], "--config none.yaml: there is no such file"),
        (["--model.latent_dim", "3", "--model", "pca"], "--model.latent_dim comes before --model; give --model NAME"),
        (["--model", "[3]"], "unknown model '\\[3\\]'"),
        (["--config", '{"model": 3}'], "--model must be a name, a path or a mapping, got 3"),
        (["--seed_everything.x", "3"], "--seed_everything takes a plain value"),
        (["--seed_everything", "1.0"], r"must be a whole number in \[0, 4294967295\], got 1.0"),
        (["--seed_everything", "True"], "got 'True'"),
        (["--threads", "0"], r"--threads must be a whole number in \[1, 1024\] or null, got 0"),
        (["--trainer.max_time.days", "1", "--trainer.max_time.days.x", "1"], "'days' has the plain value 1"),
        (["--model", "vae", "--model.lr", "inf"], "--model.lr must be a finite number, got inf"),
        (["--config", '{"model": {"class_path": "a.B", "init_args": {"lr": NaN}}}'], "init_args.lr must be a finite"),
        (["--config", '{"model_name": ["a"]}'], r"--model_name must be text, got \['a'\]"),
        (["--config", '{"data_name": null}'], "--data_name must be text, got None"),
        (["--config", '{"model_name": 3}'], "--model_name must be text, got 3; in YAML, put it in quotes."),
        (["--seed_everything", "12:30"], "got '12:30'"),
        (["--config", '{"config": "a.yaml"}'], "unknown key '--config'. Nearest of 13: --augment, --data, "),
        (["--model_name", "a/b"], "--model_name must be a plain name"),
        (["--modle", "pca"], "unknown key '--modle'; did you mean '--model'"),
    ],
)  # fmt: skip
def test_refused(args, said):
    with pytest.raises(UsageError, match=said):
        read_args(args)


@pytest.mark.parametrize("missing", ["model", "data"])
def test_model_and_data_are_needed(missing):
    group = {"model": "data", "data": "model"}[missing]
    with pytest.raises(UsageError, match=f"no --{missing} was given"):
        build_request([f"--{group}", {"model": "pca", "data": "digits"}[group]])


def test_name_tells_data_model_and_seed():
    assert name_of("--seed_everything", "5").startswith("digits-pca-s5-")


def test_name_is_that_of_the_request():
    assert name_of() == name_of("--threads", "2") == name_of("--trainer", "default")
    assert name_of("--model.latent_dim", "3", "--data.batch_size", "9") == name_of(
        "--data.batch_size", "9", "--model.latent_dim", "3"
    )
    others = [
        ["--model.latent_dim", "3"],
        ["--model.latent_dim", "4"],
        ["--seed_everything", "1"],
        ["--data.batch_size", "9"],
        ["--suite.neighbors", "9"],
        ["--trainer", "fast"],
        ["--model_name", "other"],
        ["--model", "raw"],
        ["--data", "wine"],
    ]
    assert len({name_of(), *(name_of(*args) for args in others)}) == len(others) + 1


def test_input_that_is_missing_has_a_name_too(tmp_path):
    assert name_of("--data", "table", "--data.path", str(tmp_path / "none.csv")).startswith("table-pca-s0-")


def test_live_evaluation_is_part_of_a_runs_name_where_it_is_asked_for():
    assert name_of() == name_of("--evaluate_every", "null", "--config", '{"monitor": null}')
    assert len({name_of(), name_of("--evaluate_every", "1"), name_of("--monitor", "val/loss")}) == 3
    request = build_request([*BASE, "--evaluate_every", "5", "--monitor", "live/retrieval/map@r"])
    assert (request["evaluate_every"], request["monitor"]) == (5, "live/retrieval/map@r")
