"""Columns with a role, and what is wrong with them."""

import numpy as np
import pandas as pd
import pytest

from embedbench.data.tables.roles import check_columns, looks_like_split, split_column
from embedbench.errors import UsageError

FRAME = pd.DataFrame({"a": [1, 2], "b": ["x, y", "zwölf"]})


def test_unknown_columns_are_named_with_the_nearest():
    check_columns(FRAME, {"text": ["b"], "label": [None]})
    with pytest.raises(UsageError, match="unknown label column 'aa'; did you mean 'a'"):
        check_columns(FRAME, {"text": ["b"], "label": ["aa"]})


def test_split_column():
    assert split_column(pd.Series(["train", "val", "test"])).tolist() == ["train", "val", "test"]
    with pytest.raises(UsageError, match="must hold train, val or test, got fold, nan"):
        split_column(pd.Series(["train", "fold", np.nan], name="s"))
    with pytest.raises(UsageError, match="'s' marks no row as train"):
        split_column(pd.Series(["test"], name="s"))


def test_a_split_is_known_by_its_usual_names():
    for words in (["train", "dev", "test"], ["Train", "VAL", "Test "], ["training", "validation", "testing"]):
        assert split_column(pd.Series(words)).tolist() == ["train", "val", "test"]
        assert looks_like_split("Split", pd.Series(words))  # else it would be a feature, and its test rows trained on
    assert not looks_like_split("split", pd.Series([["train"], ["test"]]))
