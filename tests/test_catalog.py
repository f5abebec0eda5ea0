"""Where YAML files are found, and what each of the shipped ones promises."""

import importlib
import inspect
import pkgutil

import pytest

from embedbench.catalog import check_name, check_plain, describe, find, kept_class, load_yaml, names
from embedbench.data.base import EmbeddingDataModule
from embedbench.errors import UsageError
from embedbench.paradigms.base import Paradigm

SHIPPED = [(folder, name) for folder in ("conf/model", "conf/data") for name in sorted(names(folder))]


@pytest.mark.parametrize(("folder", "name"), SHIPPED)
def test_shipped_file_names_a_class_in_the_file_of_its_name(folder, name):
    path = find(folder, name)
    group = load_yaml(path)
    module, _, cls = group["class_path"].rpartition(".")
    found = getattr(importlib.import_module(module), cls)
    package = {"conf/model": "paradigms", "conf/data": "data"}[folder]
    parent, _, stem = module.rpartition(".")
    assert parent.startswith(f"embedbench.{package}")
    if stem != name:  # a variant: a class of another name with arguments of its own, none of them a default
        given, taken = group["init_args"], inspect.signature(found).parameters
        assert given
        assert all(value != taken[key].default for key, value in given.items())
    assert issubclass(found, {"conf/model": Paradigm, "conf/data": EmbeddingDataModule}[folder])
    assert not inspect.isabstract(found)
    assert 10 < len(describe(path)) < 100


def test_every_paradigm_and_data_set_has_its_file():
    for base, folder in ((Paradigm, "conf/model"), (EmbeddingDataModule, "conf/data")):
        package = importlib.import_module(base.__module__.rpartition(".")[0])
        named = {load_yaml(path)["class_path"].rpartition(".")[0] for path in names(folder).values()}
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            module = importlib.import_module(info.name)
            mine = [c for c in vars(module).values() if inspect.isclass(c) and c.__module__ == module.__name__]
            if any(issubclass(c, base) and not inspect.isabstract(c) and not c.__name__.startswith("_") for c in mine):
                assert info.name in named


def test_working_directory_hides_what_is_shipped(tmp_path, monkeypatch):
    shipped = names("conf/model")
    folder = tmp_path / "conf" / "model"
    folder.mkdir(parents=True)
    for name in ("vae", "mine"):
        (folder / f"{name}.yaml").write_text("# Mine\na: 1\n", encoding="utf8")
    monkeypatch.chdir(tmp_path)
    assert find("conf/model", "vae") == folder / "vae.yaml"
    assert find("conf/model", "pca") == shipped["pca"]
    assert set(names("conf/model")) == {*shipped, "mine"}


def test_path_is_taken_as_it_is(tmp_path):
    path = tmp_path / "any.yaml"
    path.write_text("a: 1\n", encoding="utf8")
    assert find("conf/model", str(path)) == path
    with pytest.raises(UsageError, match=r"there is no file 'none.yaml'; give an existing path or one of .*pca"):
        find("conf/model", "none.yaml")


@pytest.mark.parametrize(
    ("folder", "name", "said"),
    [
        ("conf/model", "pac", "unknown model 'pac'; did you mean 'pca'"),
        ("conf/data", "digit", "unknown data set 'digit'; did you mean 'digits'"),
        ("sweeps", "compair", "unknown sweep 'compair'; did you mean 'compare'"),
    ],
)
def test_unknown_name(folder, name, said):
    with pytest.raises(UsageError, match=said):
        find(folder, name)


def test_what_looks_like_a_date_is_a_text(tmp_path):
    path = tmp_path / "dates.yaml"
    path.write_text("a: 2020-01-01\nb: [2020-01-01 12:00:00]\n", encoding="utf8")
    assert load_yaml(path) == {"a": "2020-01-01", "b": ["2020-01-01 12:00:00"]}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("1: 2\n", r"odd.yaml: has the key 1, which is no text; put it in quotes."),
        ("a: {no: 2}\n", r"`a` has the key False"),
        ("a: {b: !!set {x}}\n", r"`a.b` is of YAML's type set, which no setting has"),
        ("a: [1, !!binary aGk=]\n", r"`a.1` is of YAML's type bytes"),
        ("a: &a [*a]\n", r"`a.0.0` is nested too deep, perhaps in itself"),
    ],
)
def test_what_no_setting_is_is_refused_by_its_place(content, said, tmp_path):
    path = tmp_path / "odd.yaml"
    path.write_text(content, encoding="utf8")
    with pytest.raises(UsageError, match=said):
        load_yaml(path)


@pytest.mark.parametrize(("content", "said"), [("- 1\n", "got list"), ("a: [\n", "cannot read"), ("", "got NoneType")])
def test_file_without_a_mapping(content, said, tmp_path):
    path = tmp_path / "odd.yaml"
    path.write_text(content, encoding="utf8")
    with pytest.raises(UsageError, match=said):
        load_yaml(path)


def test_description_is_the_first_comment(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("#  What it is \n# more\na: 1\n", encoding="utf8")
    assert describe(path) == "What it is"
    path.write_text("a: 1\n# later\n", encoding="utf8")
    assert describe(path) == ""


def test_name_of_a_folder():
    assert check_name("--name", "my.tool-2") == "my.tool-2"
    for name in ("", " ", "..", "a/b", "..\\b", "/tmp"):
        with pytest.raises(UsageError, match="--name must be a plain name"):
            check_name("--name", name)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: &a [*a]", "`a.0.0` is nested too deep, perhaps in itself"),
        ("a: " + "[" * 3000 + "]" * 3000, "nested too deep|exceeded maximum nesting depth"),
        ("\n".join([f"a: &a {[1] * 99}", f"b: &b [{'*a, ' * 99}]", f"c: [{'*b, ' * 99}]"]), "nested too deep"),
        ('a: "\\uD83D"', "`a` holds half of a character|invalid Unicode character escape"),
        ('"\\uD83D": 1', "holds half of a character|invalid Unicode character escape"),
        ("a: !!binary aGk=", "`a` is of YAML's type bytes"),
        ("a: !!timestamp 2020-13-45", "cannot read .* as YAML: month must be in 1..12"),
        ("a: 1\nb: 2\na: 3", "cannot read .* as YAML: key 'a' stands twice"),
        ("a: {x: 1, x: 2}", "cannot read .* as YAML: key 'x' stands twice"),
        ("a: " + "9" * 5000, "cannot read .* as YAML: Exceeds the limit"),
        ("a: !!python/object/apply:os.getcwd []", "cannot read .* as YAML: could not determine a constructor"),
    ],
)
def test_what_no_setting_is(text, message, tmp_path):
    path = tmp_path / "odd.yaml"
    path.write_text(text, encoding="utf8")
    with pytest.raises(UsageError, match=message):
        load_yaml(path)


def test_merged_keys_yield_to_a_mappings_own(tmp_path):
    path = tmp_path / "merged.yaml"
    path.write_text("base: &base {x: 0}\nsome: &some {<<: *base, x: 1}\nall: {<<: [*some, *base], x: 2}\n")
    assert load_yaml(path) == {"base": {"x": 0}, "some": {"x": 1}, "all": {"x": 2}}


def test_what_json_holds_is_plain():
    check_plain("x", {"a": [1, 2.5, None, True, "b", {"c": []}]})


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("os.system", "whose code is not run unasked"),
        ("embedbench.paradigms.classical.pca.Missing", "can't be imported"),
        ("embedbench.data.tables.wine.Wine", "which is no Paradigm"),
        ("embedbench.cli.os.system", "can't be imported"),
        ("PCA", "must name a class by its path, got 'PCA'"),
        ("a b.c", "must name a class by its path"),
        (None, "must name a class by its path, got 'None'"),
        ({"a": 1}, "must name a class by its path"),
    ],
)
def test_classes_that_no_run_names(path, message):
    with pytest.raises(UsageError, match=message):
        kept_class("model", path, Paradigm)


def test_classes_that_runs_name():
    class Own(Paradigm):
        """Of a notebook, say: it is there already."""

    assert kept_class("model", "embedbench.paradigms.classical.pca.PCA", Paradigm).__name__ == "PCA"
    Own.__qualname__ = "Own"
    assert kept_class("model", f"{Own.__module__}.Own", Paradigm) is Own
