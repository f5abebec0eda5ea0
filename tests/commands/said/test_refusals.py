"""Bad input: one clear sentence, exit code 2 and nothing written, whatever is wrong and whoever asks."""

import shlex

import pytest

PCA, VAE = "run --model pca --data digits ", "run --model vae --data digits "
TABLE = "run --model pca --data table --data.label y --data.path "
NAMES = {
    "model": ("run --model vea --data digits", "unknown model 'vea'; did you mean 'vae'?"),
    "model in capitals": ("run --model PCA --data digits", "did you mean 'pca'?"),
    "data set": ("run --model pca --data digit", "unknown data set 'digit'; did you mean 'digits'?"),
    "trainer": (PCA + "--trainer fasst", "unknown trainer 'fasst'; did you mean 'fast'?"),
    "suite": (PCA + "--suite defalt", "unknown suite 'defalt'; did you mean 'default'?"),
    "top key": ("run --modle vae --data digits", "unknown key '--modle'; did you mean '--model'?"),
    "option of the command": (PCA + "--overwrit yes", "did you mean '--overwrite'?"),
    "model key": (PCA + "--model.latent_dm 3", "'--model.latent_dm'; did you mean '--model.latent_dim'?"),
    "trainer key": (PCA + "--trainer.max_step 3", "'--trainer.max_step'; did you mean '--trainer.max_steps'?"),
    "data key": (PCA + "--data.xyz 3", "unknown key '--data.xyz'. Known: --data.batch_size,"),
    "nested key": (
        VAE + "--model.encoder Conv --model.encoder.widht 8",
        "'--model.encoder.widht'; did you mean '--model.encoder.width'?",
    ),
    "nested class": (VAE + "--model.encoder Conf", "'Conf'; did you mean 'Conv'?"),
    "nested key without class": (
        VAE + "--model.encoder.width 8",
        "give --model.encoder NAME first: Conv, Flat, MLP, ViT.",
    ),
    "callback": (VAE + "--trainer.callbacks '[{class_path: EarlyStoppin}]'", "did you mean 'EarlyStopping'?"),
    "metric": (PCA + "--suite.metrics [clustering/nmj]", "'clustering/nmj'; did you mean 'clustering/nmi'?"),
    "class": ("run --model nowhere.Model --data digits", "No module named 'nowhere'"),
    "class of another kind": ("run --model embedbench.data.images.digits.Digits --data digits", "which is no Paradigm"),
    "abstract class": ("run --model embedbench.paradigms.base.Paradigm --data digits", "which is abstract"),
    "command": ("compair", "invalid choice: 'compair'"),
    "abbreviated option": (PCA + "--keep", "--keep has no value"),
    "compare: option": ("compare --modles pca", "did you mean '--models'?"),
    "compare: seeds": ("compare --seed 3", "did you mean '--seeds'?"),
    "compare: model": ("compare --models raw,pac", "unknown model 'pac'; did you mean 'pca'?"),
    "compare: models twice": ("compare --models raw,pca --model vae", "--models and --model name models twice"),
    "compare: metric": ("compare --models raw --by clustering/nmj", "did you mean 'clustering/nmi'?"),
    "evaluate: metric": ("evaluate fine.npz --suite.metrics [clustering/nmj]", "did you mean 'clustering/nmi'?"),
    "evaluate: key": ("evaluate fine.npz --suite.neighbor 3", "did you mean '--suite.neighbors'?"),
    "leaderboard: option": ("leaderboard --form md", "takes no argument '--form'"),
    "list": ("list modles", "invalid choice: 'modles'"),
}
VALUES = {
    "strategy that spawns": (
        "run --model raw --data digits --trainer.strategy ddp_spawn --trainer.devices 2",
        "--trainer.strategy 'ddp_spawn' can't be used: each process of a run is a whole command with a whole model;",
    ),
    "accelerator without its package": (
        "run --model raw --data digits --trainer.accelerator tpu",
        "--trainer asks for what isn't installed here (Requirement 'torch_xla",
    ),
    "part of the validation rows of each process": (
        "run --model raw --data digits --trainer.accelerator cpu --trainer.devices 2 --trainer.limit_val_batches 1",
        "val/loss would change with their number; leave out limit_val_batches",
    ),
    "neighbours of each train row": (
        "run --model distance_preserving --data wine --model.neighbors 128",
        "`neighbors` must be in [1, 127] for 128 train rows, got 128; lower it or give more rows.",
    ),
    "mask ratio": (
        "run --model masked_features --data wine --model.mask_ratio 1",
        "--model.mask_ratio must be a number in (0, 1), got 1.",
    ),
    "sides that no patch divides": (
        "run --model masked_image --data digits --model.patch 3",
        "`patch` must be 2 or more and divide the sides of images of 8×8 into patches, got 3.",
    ),
    "share of hidden patches": (
        "run --model masked_image --data digits --model.mask_ratio=-0.5",
        "--model.mask_ratio must be a number in (0, 1), got -0.5",
    ),
    "patches of a table": (
        "run --model masked_image --data wine",
        "hides patches of images, but the data are tabular; use masked_features.",
    ),
    "columns of images": (
        "run --model masked_features --data digits",
        "hides columns of tables, but the data are images; use masked_image.",
    ),
    "share of hidden tokens": (
        "run --model masked_language --data wordnet5k --model.mask_ratio 0",
        "--model.mask_ratio must be a number in (0, 1), got 0.",
    ),
    "vocabulary of pieces": (
        "run --model masked_language --data wordnet5k --model.vocabulary 261",
        "--model.vocabulary must be a whole number above 261 or null, got 261.",
    ),
    "length of a text": (
        "run --model masked_language --data wordnet5k --model.longest 2",
        "--model.longest must be a whole number of at least 3, got 2.",
    ),
    "units of a token": (
        "run --model masked_language --data wordnet5k --model.width 100",
        "--model.width must be a whole number of at least 32 that is a multiple of 32, got 100.",
    ),
    "pooling": (
        "run --model masked_language --data wordnet5k --model.pooling max",
        "--model.pooling must be",
    ),
    "tokens of a table": (
        "run --model masked_language --data wine",
        "model `masked_language` reads texts, but the data are a table of numbers; choose another model.",
    ),
    "support of the likelihood": (
        "run --model vae --data wine --model.likelihood bernoulli",
        "the bernoulli likelihood needs data in [0, 1], but the data are in [-",
    ),
    "counts": (
        "run --model vae --data digits --model.likelihood poisson",
        "needs counts from 0 on, but the data are in",
    ),
    "sigma of zero": (
        "run --model vae --data digits --model.sigma 0",
        "--model.sigma must be a number above 0 or one of learned, per_dim, got 0",
    ),
    "sigma below zero": (
        "run --model vae --data digits --model.sigma=-2",
        "--model.sigma must be a number above 0 or one of learned, per_dim, got -2",
    ),
    "no importance sample": (
        "run --model iwae --data digits --model.importance_samples 0",
        "--model.importance_samples must be a whole number of at least 1, got 0.",
    ),
    "no sample of the suite": (
        "run --model vae --data digits --suite.importance_samples 0",
        "--suite.importance_samples must be a whole number of at least 1, got 0",
    ),
    "factors that leave no noise": (
        "run --model ppca --data wine --model.latent_dim 13",
        "`latent_dim` must be in [1, 12] for 128 rows of 13 features, got 13",
    ),
    "texts for a model of arrays": (
        "run --model pca --data wordnet5k",
        "`pca` takes images or tables, but the data are",
    ),
    "more pieces than the texts have": (
        "run --model masked_language --data wordnet5k --data.train_rows 100 --model.vocabulary 5000",
        "pieces of words, and 5000 are asked for; lower the number or give more texts.",
    ),
    "texts for an encoder of arrays": (
        "run --model supervised --data wordnet5k --model.encoder MLP",
        "encoder `MLP` takes images or tables, but the data are texts; choose one that reads them, such as Bert.",
    ),
    "texts that would have to be rebuilt": (
        "run --model vae --data wordnet5k",
        "model `vae` takes images or tables, but the data are texts",
    ),
    "encoder without a mirror": (
        "run --model vae --data digits --model.encoder Bert",
        "unknown class for --model.encoder 'Bert'",
    ),
    "pretrained encoder of nothing": (
        "run --model supervised --data wordnet5k --model.encoder Pretrained --model.encoder.path nowhere",
        "cannot load the tokenizer 'nowhere'",
    ),
    "pretrained encoder of no path": (
        "run --model supervised --data wordnet5k --model.encoder Pretrained",
        "--model.encoder.path is missing",
    ),
    "arrays for a model of texts": ("run --model skip_gram --data digits", "`skip_gram` reads texts, but the data are"),
    "more coordinates than words": (
        "run --model ppmi_svd --model.latent_dim 64 --data wordnet5k --data.train_rows 100",
        "for a vocabulary of 23 words, got 64; lower it.",
    ),
    "no path of an encoder": (
        "run --model pretrained --data wordnet5k",
        "--model.path is missing; add --model.path VALUE",
    ),
    "no such encoder": (
        "run --model pretrained --model.path ./nowhere --data wordnet5k",
        "cannot load the tokenizer './nowhere'",
    ),
    "no word tests": (
        "run --model ppmi_svd --data wordnet5k --suite.word_tests nowhere",
        "there is no file nowhere/wordsim353.tsv; the word tests lie in gensim's folder test/test_data",
    ),
    "text for a whole number": (PCA + "--model.latent_dim abc", "number of at least 1 or null, got 'abc'."),
    "text for steps": (PCA + "--trainer.max_steps x", "--trainer.max_steps must be a whole number, got 'x'."),
    "fraction": (VAE + "--data.batch_size 1.5", "--data.batch_size must be a whole number of at least 1, got 1.5."),
    "text for neighbours": (PCA + "--suite.neighbors many", "must be a whole number of at least 1, got 'many'."),
    "null": (PCA + "--suite.neighbors null", "--suite.neighbors must be a whole number of at least 1, got 'null'."),
    "choice": (PCA + "--suite.distance cosin", "must be one of euclidean, cosine, got 'cosin'."),
    "text for a list": (PCA + "--suite.metrics probe", "--suite.metrics must be a list such as [a, b] or null"),
    "nested": (VAE + "--model.encoder MLP --model.encoder.width x", "--model.encoder.width must be a whole number"),
    "NaN": (VAE + "--model.lr nan", "--model.lr must be a finite number, got nan."),
    "latent size 0": (
        VAE + "--model.latent_dim 0",
        "--model.latent_dim must be a whole number of at least 1 or null, got 0.",
    ),
    "negative latent size": (
        PCA + "--model.latent_dim -3",
        "--model.latent_dim must be a whole number of at least 1 or null, got -3.",
    ),
    "latent size above the input's": (PCA + "--model.latent_dim 65", "in [1, 64] for 1294 rows of 64 features, got 65"),
    "batch of 0": (VAE + "--data.batch_size 0", "--data.batch_size must be a whole number of at least 1, got 0."),
    "rate of 0": (VAE + "--model.lr 0", "--model.lr must be a number above 0, got 0."),
    "no metric": (PCA + "--suite.metrics []", "`metrics` must name at least one metric"),
    "steps that Lightning refuses": (PCA + "--trainer.max_steps -5", "`max_steps` must be a non-negative integer"),
    "device that isn't there": (PCA + "--trainer.accelerator tpux", "accelerator='tpux'"),
    "setting that a run makes": (PCA + "--trainer.barebones true", "--trainer.barebones is set by every run itself"),
    "seed": (PCA + "--seed_everything -1", "--seed_everything must be a whole number in [0, 4294967295], got -1."),
    "no seed": (PCA + "--seed_everything None", "got 'None'"),
    "threads": (PCA + "--threads 0", "--threads must be a whole number in [1, 1024] or null, got 0."),
    "live evaluation every 0 epochs": (
        VAE + "--evaluate_every 0",
        "--evaluate_every must be a whole number in [1, 1000000] or null, got 0.",
    ),
    "live evaluation every half epoch": (VAE + "--evaluate_every 0.5", "--evaluate_every must be a whole number"),
    "monitor without live evaluation": (VAE + "--monitor live/clustering/nmi", "add --evaluate_every N."),
    "unknown monitor": (
        VAE + "--evaluate_every 1 --monitor live/clustering/nmj",
        "unknown metric to monitor 'live/clustering/nmj'; did you mean 'live/clustering/nmi'?",
    ),
    "monitor that is not live": (
        VAE + "--evaluate_every 1 --monitor live/generative/elbo",
        "--monitor live/generative/elbo can't be had: only clustering,",
    ),
    "early stop without live evaluation": (
        VAE + "--trainer.callbacks '[{class_path: EarlyStopping, init_args: {monitor: live/clustering/nmi}}]'",
        "the early stop's monitor live/clustering/nmi is known by live evaluation alone; add --evaluate_every N.",
    ),
    "nothing live": (
        VAE + "--evaluate_every 1 --suite.metrics [generative]",
        "--evaluate_every has nothing to report: of --suite.metrics none is of the families",
    ),
    "no value": (PCA + "--model.latent_dim", "--model.latent_dim has no value; write --model.latent_dim VALUE."),
    "no value in the middle": ("run --model pca --model.latent_dim --data digits", "--model.latent_dim has no value"),
    "no key": (PCA + "vae", "cannot read the argument 'vae'"),
    "no model": ("run --data digits", "no --model was given"),
    "no data": ("run --model pca", "no --data was given"),
    "nothing to embed": (
        "run --model pca --data huggingface --data.path imdb",
        "give one of `text`, `image` and `columns`, the column of what to embed; got none.",
    ),
    "text for a mapping": (
        "run --model pca --data huggingface --data.path imdb --data.text text --data.splits test",
        "--data.splits must be a mapping such as {a: b} or null, got 'test'.",
    ),
    "run elsewhere": (PCA + "--run_id ../up", "--run_id must be a plain name that a folder can have, got '../up'."),
    "compare: seeds": ("compare --seeds 0", "--seeds must be in [1, 100000], got 0."),
    "compare: more seeds than the memory holds": ("compare --seeds 99999999999", "--seeds must be in [1, 100000]"),
    "compare: column of a file": (
        "compare --data fine.csv --data.label yy",
        "unknown label column 'yy'; did you mean 'y'?",
    ),
    "run: a folder of neither": ("run --model pca --data ./no_images", "no_images holds neither images nor .txt files"),
    "arguments of a model without any": (
        "run --model raw --data digits --model.latent_dim 3",
        "unknown key '--model.latent_dim'; there is none here, leave it out.",
    ),
    "empty number": (PCA + "--model.latent_dim=", "--model.latent_dim has an empty value; write one, or leave it out."),
    "empty list": (PCA + "--suite.metrics ''", "--suite.metrics has an empty value; write one, or leave it out."),
    "empty count": (PCA + "--threads ''", "--threads has an empty value; write one, or leave it out."),
    "steps that are none": (VAE + "--trainer.log_every_n_steps 0", "--trainer.log_every_n_steps must be at least 1"),
    "batches that are none": (
        VAE + "--trainer.accumulate_grad_batches 0",
        "accumulate_grad_batches must be at least 1",
    ),
    "epochs without a validation": (
        VAE + "--data.train_rows 300 --trainer.check_val_every_n_epoch 5",
        "of one, of which there are 3; add --trainer.val_check_interval 1.0",
    ),
    "epochs that are none": (VAE + "--trainer.check_val_every_n_epoch 0", "check_val_every_n_epoch must be at least 1"),
    "evaluate: dataset of a run": ("evaluate --run runs/x --dataset y", "--dataset is for a FILE of vectors"),
    "evaluate: gallery of a run": ("evaluate --run runs/x --gallery z.npz", "--gallery is for a FILE of vectors"),
    "compare: workers": ("compare --workers 0", "--workers must be 1 or more, got 0."),
    "compare: no number": ("compare --seeds x", "invalid int value: 'x'"),
    "compare: no models": ("compare --models ,", "--models names nothing"),
    "evaluate: nothing": ("evaluate", "give either a FILE of vectors or --run runs/ID, and not both."),
    "evaluate: two sources": ("evaluate fine.npz --run runs/x", "not both"),
    "evaluate: name": ("evaluate fine.npz --dataset digits --name a/b", "--name must be a plain name"),
    "embed: ending": (
        "embed runs/none --output z.xls",
        "must end in .npz, .npy, .safetensors, .parquet, .csv or .txt, got 'z.xls'",
    ),
    "embed: split": ("embed runs/none --split tset --output z.npz", "invalid choice: 'tset'"),
    "embed: no output": ("embed runs/none", "required: --output"),
}
FILES = {
    "table": ("run --model pca --data table --data.path nope.csv", "there is no file 'nope.csv'"),
    "path not given": ("run --model pca --data table", "--data.path is missing; add --data.path VALUE."),
    "configuration": ("run --config nope.yaml", "--config nope.yaml: there is no such file."),
    "model file": ("run --model nope.yaml --data digits", "there is no file 'nope.yaml'"),
    "vectors": ("evaluate nope.npz", "there is no file 'nope.npz'"),
    "vectors without an ending": ("evaluate nope", "there is no file 'nope'; give the path of your data."),
    "run to build on": (
        "run --model kmeans --data digits --model.on nope",
        "nope is no run's folder; give that of a fin",
    ),
    "file to build on": ("run --model kmeans --data digits --model.on fine.csv", "fine.csv is no run's folder;"),
    "teacher": ("run --model relational_distillation --data digits --model.teacher nope", "there is no file nope;"),
    "teacher that is no run": (
        "run --model relational_distillation --data digits --model.teacher no_images",
        "no_images is no run's folder; give that of a finished run, such as runs/ID.",
    ),
    "gallery": ("evaluate fine.npz --gallery nope.npz", "there is no file 'nope.npz'"),
    "run to embed": ("embed runs/none --output z.npz", "runs/none holds no checkpoints"),
    "run to score": ("evaluate --run runs/none", "runs/none holds no checkpoints"),
    "run to score, with a key": ("evaluate --run runs/none --data.batch_size 7", "runs/none holds no checkpoints"),
    "results": ("leaderboard nope", "there is no folder or file 'nope'"),
    "results in a folder": ("leaderboard no_images", "there is no readable result.json under 'no_images'"),
    "label column": ("run --model pca --data table --data.path fine.csv --data.label z", "unknown label column 'z'."),
    "one class": (TABLE + "one_class.csv", "hold one class only, 'x'"),
    "infinite": (TABLE + "infinite.csv", "in column 'b': 2"),
    "NaN or infinite": ("run --model pca --data arrays --data.path broken.npz", "in column 2 (counted from 0): 3"),
    "NaN in vectors": ("evaluate broken_z.npz", "column 2 holds 3"),
    "no image": ("run --model pca --data image_folder --data.root no_images", "there is no image in no_images"),
    "image": ("run --model pca --data image_folder --data.root bad_image", "bad_image/cat/torn.png"),
    "relations": ("run --model pca --data relations --data.path broken.npz", "must hold an array `distance`, got x, y"),
    "pairs": ("run --model pca --data relations --data.path fine.csv", "unknown pair column 'i'"),
    "text column": (
        "run --model tfidf_svd --data text --data.path fine.csv --data.text body",
        "unknown text column 'body'. Known: a, b, y.",
    ),
    "column without texts": (
        "run --model tfidf_svd --data text --data.path fine.csv --data.text a",
        "column 'a' of fine.csv must hold texts, got",
    ),
    "texts that are no UTF-8": (
        "run --model tfidf_svd --data text --data.path latin.csv",
        "cannot read latin.csv as CSV: in line 2 the byte 0xe9 is not UTF-8; save the file as UTF-8.",
    ),
    "newsgroups": (
        "run --model tfidf_svd --data newsgroups --data.root no_images",
        "no file no_images/20news",
    ),
    "no labels": ("run --model supervised --data table --data.path fine.csv", "`supervised` needs class labels"),
    "below a file": (PCA + "--runs file/x", "cannot write to file/x/"),
    "not writable": (PCA + "--runs /proc/x", "cannot write to /proc/x/"),
    "compare: below a file": ("compare --models raw --seeds 1 --runs file/x", "--runs file/x: cannot write below"),
    "compare: output": ("compare --models raw --seeds 1 --output file/x", "--output file/x: cannot write below"),
    "evaluate: output": (
        "evaluate fine.npz --dataset digits --output file/x.json",
        "--output file/x.json: there is no folder file; make it first.",
    ),
    "evaluate: below a file": (
        "evaluate fine.npz --dataset digits --runs file/x",
        "file/x: cannot write below ",
    ),
    "embed: output": ("embed runs/none --output no/z.npz", "there is no folder no"),
}


@pytest.mark.parametrize(("line", "said"), NAMES.values(), ids=NAMES)
def test_unknown_name(line, said, refused, inputs):
    assert said in refused(*shlex.split(line))


@pytest.mark.parametrize(("line", "said"), VALUES.values(), ids=VALUES)
def test_wrong_value(line, said, refused, inputs):
    assert said in refused(*shlex.split(line))


@pytest.mark.parametrize(("line", "said"), FILES.values(), ids=FILES)
def test_unusable_file(line, said, refused, inputs):
    assert said in refused(*shlex.split(line))


@pytest.mark.parametrize("model", ["pretrained", "masked_language"])
def test_model_of_the_hub_while_offline(model, refused, inputs, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    said = refused("run", "--model", model, "--data", "wordnet5k", "--model.path", "nobody/no-such-model")
    assert "cannot load the tokenizer 'nobody/no-such-model'" in said
    assert "give a name of the hub while online, or a folder that holds tokenizer.json." in said


@pytest.mark.parametrize("flag", ["--model.latent_dim", "--trainer.max_steps"])
def test_same_refusal_from_a_configuration_file(flag, refused, tmp_path):
    group, key = flag[2:].split(".")
    (tmp_path / "run.yaml").write_text(f"model: pca\ndata: digits\n{group}.{key}: many\n", encoding="utf8")
    assert f"{flag} must be a whole number" in refused("run", "--config", "run.yaml")


SWEEPS = {
    "file": ("--data table --data.path nope.csv", "there is no file 'nope.csv'"),
    "column": ("--data table --data.path fine.csv --data.label z", "unknown label column 'z'."),
    "key": ("--data digits --model.latent_dm 3", "did you mean '--model.latent_dim'?"),
    "value": ("--data digits --data.batch_size 1.5", "--data.batch_size must be a whole number of at least 1"),
    "folder": ("--data digits --runs /proc/x", "/proc/x"),
    "strategy": ("--data digits --trainer.devices 2 --trainer.strategy ddp_spawn", "--trainer.strategy 'ddp_spawn'"),
}


@pytest.mark.parametrize(("line", "said"), SWEEPS.values(), ids=SWEEPS)
def test_sweep_whose_every_trial_is_refused(line, said, refused, inputs):
    assert said in refused(*shlex.split("compare --models pca,autoencoder --seeds 1 --workers 1 " + line))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "said"),
    [NAMES["callback"], FILES["not writable"]],
)
def test_same_refusal_from_a_real_process(line, said, command_afresh, inputs):
    before = sorted(inputs.rglob("*"))
    code, out, err = command_afresh(inputs, *shlex.split(line))
    *note, last = err.splitlines()
    assert (code, out, len(note)) == (2, "", 1)
    assert last.startswith("embedbench: error: ")
    assert said in last
    assert sorted(inputs.rglob("*")) == before
