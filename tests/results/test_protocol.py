"""What of a record is its protocol, and which one is the usual."""

import inspect

import pytest

from embedbench.evaluation.suite import Suite
from embedbench.results.protocol import DEFAULTS, protocol_of, usual


def protocol(**changes):
    return {name: str(value) for name, value in {**DEFAULTS, **changes}.items()}


def test_every_argument_of_the_suite_is_of_the_protocol_or_changes_no_number():
    known = {name: given.default for name, given in inspect.signature(Suite).parameters.items()}
    assert {name: known[name] for name in DEFAULTS} == DEFAULTS
    assert known.keys() - DEFAULTS.keys() == {"metrics", "word_tests", "seed"}


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"file": "a.npz", "gallery": None},
        {"suite": "default"},
        {"suite": {"class_path": "embedbench.evaluation.suite.Suite"}},
        {"suite": {"class_path": "embedbench.evaluation.suite.Suite", "init_args": None}},
        {"suite": {"init_args": {"metrics": ["probe"], "seed": 3, "neighbors": 20}}},
    ],
)
def test_a_record_that_says_nothing_has_the_default_protocol(make_result, config):
    assert protocol_of(make_result(config=config)) == protocol()


def test_what_a_record_says_counts(make_result):
    config = {"suite": {"init_args": {"distance": "cosine", "neighbors": 3}}}
    assert protocol_of(make_result(config=config)) == protocol(distance="cosine", neighbors=3)


def test_the_usual_one_is_the_most_frequent_then_the_default():
    cosine, few = protocol(distance="cosine"), protocol(neighbors=3)
    assert usual([few, cosine, cosine, protocol()]) == cosine
    assert usual([cosine, protocol()]) == protocol() == usual([])
    assert usual([few, cosine]) == usual([cosine, few]) == cosine
