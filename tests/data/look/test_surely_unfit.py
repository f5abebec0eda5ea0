"""What a look at all rows is sure to be refused, in the words of the data set itself."""

import numpy as np
import own_data
import pandas as pd
import pytest

from embedbench.data.look.look import look
from embedbench.data.look.surely_unfit import refuse_unfit
from embedbench.data.tables.table import Table
from embedbench.errors import UsageError

ROWS = {
    "n": np.random.default_rng(0).normal(size=40),
    "one": ["x"] * 40,
    "mixed": [*map(str, range(30)), *["old"] * 10],
    "class": ["a", "b"] * 40,
    "gaps": [*["a", "b"] * 19, None, None],
}


@pytest.fixture
def write(tmp_path):
    """The path of a table of some of the columns."""

    def made(*columns):
        path = tmp_path / "x.csv"
        pd.DataFrame({name: ROWS[name][:40] for name in columns}).to_csv(path, index=False)
        return path

    return made


@pytest.mark.parametrize(
    ("columns", "given"),
    [
        (("n", "mixed"), {}),
        (("n", "mixed", "class"), {"label": "class"}),
        (("n", "one"), {"label": "one"}),
        (("n", "class"), {"label": "class", "task": "regression"}),
    ],
)
def test_it_refuses_as_the_data_set_does(columns, given, write):
    path = write(*columns)
    with pytest.raises(UsageError) as early:
        refuse_unfit(look(path), {"path": str(path), **given})
    with pytest.raises(UsageError) as late:
        Table(path, **given).rows  # noqa: B018 (loads them)
    assert str(early.value) == str(late.value)


@pytest.mark.parametrize(
    ("columns", "given"),
    [
        (("n", "class"), {"label": "class"}),
        (("n", "class"), {}),
        (("n", "mixed"), {"drop": ["mixed"]}),
        (("n", "mixed"), {"categorical": ["mixed"]}),
        (("n", "mixed", "gaps"), {"label": "gaps"}),  # the rows in question may be those that are left out
        (("n", "mixed"), {"test": "other.csv"}),
    ],
)
def test_what_is_fit_or_not_sure_passes(columns, given, write):
    path = write(*columns)
    refuse_unfit(look(path), {"path": str(path), **given})


def test_several_labels_a_row_are_left_to_the_data_set(tmp_path):
    for path in (own_data.products(tmp_path), own_data.articles(tmp_path)):
        given = {"label": "labels"} if path.suffix != ".csv" else {"label": "tags", "label_separator": ";"}
        refuse_unfit(look(path), given)
