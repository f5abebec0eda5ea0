import pytest

from embedbench.results.table.variants import fold_of, variants


def labels(results):
    return [variant.label for variant in variants(results)]


def test_seeds_devices_and_paths_do_not_make_a_variant(make_result):
    one = make_result("pca", 0)
    other = make_result("pca", 1)
    trainer = {**other.config["trainer"], "devices": 8, "num_nodes": 2, "strategy": "ddp", "accelerator": "gpu"}
    config = {**other.config, "trainer": trainer, "threads": 7}
    many = make_result("pca", 2, config=config, resources={"world_size": 16})
    (variant,) = variants([one, other, many])
    assert variant.label == "pca"
    assert variant.latent_dim == 16
    assert [run.result.seed for run in variant.runs] == [0, 1, 2]


def test_latent_sizes_are_named_once(make_result):
    asked = make_result("pca", latent_dim=2, settings={"latent_dim": 2})
    assert labels([make_result("pca"), asked]) == ["pca (latent_dim=16)", "pca (latent_dim=2)"]


def test_a_latent_size_asked_for_equals_the_same_size_by_default(make_result):
    assert labels([make_result("pca"), make_result("pca", 1, settings={"latent_dim": 16})]) == ["pca"]


def test_the_same_rows_by_another_path_are_no_variant(make_result):
    base = make_result("pca")
    table = {"class_path": "embedbench.data.tables.table.Table"}
    paths = [{**base.config, "data": {**table, "init_args": {"path": p}}} for p in ("x.csv", "/a/x.csv")]
    results = [make_result("pca", seed, config=config) for seed, config in enumerate(paths)]
    assert labels(results) == ["pca"]
    labelled = [{**base.config, "data": {**table, "init_args": {"path": "x", "label": one}}} for one in "ab"]
    assert len(labels([make_result("pca", seed, config=config) for seed, config in enumerate(labelled)])) == 2
    unknown = [make_result("pca", seed, config=c, dataset_fingerprint="") for seed, c in enumerate(paths)]
    assert len(labels(unknown)) == 2


@pytest.mark.parametrize(
    ("group", "key", "label"),
    [("trainer", "max_steps", "max_steps"), ("data", "split_seed", "split_seed"), ("suite", "distance", "distance")],
)
def test_any_other_setting_makes_a_variant(make_result, group, key, label):
    base = make_result("vae")
    config = {**base.config, group: {**base.config[group], key: "x"}}
    assert f"vae ({label}=x)" in labels([base, make_result("vae", config=config)])


def test_only_differing_settings_are_named_and_no_longer_than_needed(make_result):
    def vae(encoder, decoder, beta=1.0):
        settings = {"encoder": {"width": encoder}, "decoder": {"width": decoder}, "beta": beta, "same": [1, 2]}
        return make_result("vae", settings=settings)

    assert labels([vae(64, 32), vae(128, 32, 2.0)]) == ["vae (beta=1.0, width=64)", "vae (beta=2.0, width=128)"]
    assert labels([vae(64, 32), vae(64, 16), vae(8, 32)]) == [
        "vae (decoder.width=32, encoder.width=64)",
        "vae (decoder.width=16, encoder.width=64)",
        "vae (decoder.width=32, encoder.width=8)",
    ]


def test_settings_inside_lists_count_but_for_their_paths(make_result):
    def run(seed, patience):
        base = make_result("vae", seed)
        stop = {"init_args": {"patience": patience, "dirpath": f"runs/{seed}"}}
        return make_result("vae", seed, config={**base.config, "trainer": {"callbacks": [stop]}})

    assert labels([run(0, 3), run(1, 3)]) == ["vae"]
    assert labels([run(0, 3), run(1, 5)]) == ["vae (patience=3)", "vae (patience=5)"]


def test_a_model_and_vectors_of_one_name_are_told_apart_by_paradigm(make_result):
    vectors = make_result("pca", config={}, paradigm="external")
    assert labels([make_result("pca"), vectors, make_result("vae")]) == ["pca [classical]", "pca [external]", "vae"]


def test_a_run_that_failed_early_joins_the_only_latent_size(make_result):
    failed = make_result("pca", 1, status="failed", latent_dim=None)
    assert labels([make_result("pca"), failed]) == ["pca"]
    assert len(labels([make_result("pca"), make_result("pca", latent_dim=2), failed])) == 3


def test_a_run_that_failed_for_its_latent_size_is_its_own_variant(make_result):
    failed = make_result("pca", 0, status="failed", latent_dim=None, settings={"latent_dim": 4096})
    assert labels([make_result("pca"), failed]) == ["pca (latent_dim=16)", "pca (latent_dim=4096)"]


def test_a_refused_run_that_never_knew_its_defaults_joins_its_variant(make_result):
    full = {"latent_dim": 16, "beta": 1.0, "depth": 2}
    finished = make_result("vae", 0, settings=full)
    refused = {"status": "failed", "latent_dim": None, "paradigm": "unknown", "dataset_fingerprint": ""}
    same = make_result("vae", 1, settings={"beta": 1.0}, **refused)
    assert labels([finished, same]) == ["vae"]
    other = make_result("vae", 1, settings={"beta": 9.0}, **refused)
    assert labels([finished, other]) == ["vae (beta=1.0)", "vae (beta=9.0)"]
    twin = make_result("vae", 0, settings={**full, "depth": 3})
    assert len(labels([finished, twin, same])) == 3


def test_a_finished_run_never_joins_another_variant(make_result):
    old = make_result("vae", 0, settings={"beta": 1.0})
    new = make_result("vae", 1, settings={"beta": 1.0, "depth": 2})
    assert labels([old, new]) == ["vae", "vae (depth=2)"]


def counting(runs):
    (variant,) = variants(runs)
    return sorted(run.result.run_id for run in variant.runs if run.counts)


def test_of_one_seed_the_latest_finished_run_counts(make_result):
    early = make_result(run_id="early", finished_at="2026-01-01T00:00:00.000000+00:00")
    late = make_result(run_id="late", finished_at="2026-02-01T00:00:00.000000+00:00")
    failed = make_result(run_id="failed", status="failed", finished_at="2026-03-01T00:00:00.000000+00:00")
    running = make_result(run_id="running", status="running", finished_at=None, started_at="2026-04-01")
    other = make_result("pca", 1, run_id="other", status="failed", finished_at="2026-01-01T00:00:00.000000+00:00")
    for order in ([early, late, failed, running, other], [other, running, failed, late, early]):
        assert counting(order) == ["late", "other"]


def test_what_chose_the_weights_makes_a_variant(make_result):
    base = make_result("vae")
    by_loss = make_result("vae", 1, config={**base.config, "monitor": None, "evaluate_every": 2})
    by_nmi = make_result("vae", 1, config={**base.config, "monitor": "live/clustering/nmi"})
    assert labels([base, by_loss]) == ["vae"]
    assert len(labels([base, by_nmi])) == 2
    assert "vae (monitor=live/clustering/nmi)" in labels([base, by_nmi])


def in_folds(make_result, seed, fold, folds=2, **changes):
    base = make_result("pca")
    data = {"class_path": "embedbench.data.images.digits.Digits", "init_args": {"folds": folds, "fold": fold}}
    return make_result("pca", seed, config={**base.config, "data": data}, run_id=f"s{seed}f{fold}", **changes)


def test_folds_are_averaged_over_as_seeds_are(make_result):
    (variant,) = variants([in_folds(make_result, seed, fold) for seed in (0, 1) for fold in (2, 1)])
    assert variant.label == "pca"
    assert [(run.result.run_id, run.counts) for run in variant.runs] == [
        ("s0f1", True),
        ("s0f2", True),
        ("s1f1", True),
        ("s1f2", True),
    ]
    assert [fold_of(run.result) for run in variant.runs] == [1, 2, 1, 2]
    assert fold_of(make_result("pca")) is None


def test_another_number_of_folds_is_another_variant(make_result):
    assert len(variants([in_folds(make_result, 0, 1), in_folds(make_result, 0, 1, folds=3)])) == 2
