"""Files of word tests, right and wrong."""

import pytest

from embedbench.errors import UsageError
from embedbench.evaluation.word_tests import read_pairs, read_questions


def write(folder, text):
    path = folder / "test.txt"
    path.write_text(text, encoding="utf8")
    return path


def test_pairs_as_gensim_ships_them(tmp_path):
    path = write(tmp_path, "# The collection\n# Word 1\tWord 2\tHuman (mean)\nlove\tsex\t6.77\n\ntiger\tCat\t7\n")
    pairs = read_pairs(path)
    assert pairs.words == [("love", "sex"), ("tiger", "Cat")]
    assert pairs.judged.tolist() == [6.77, 7.0]


def test_questions_as_google_wrote_them(tmp_path):
    path = write(tmp_path, ": capital\nAthens Greece Baghdad Iraq\n: family\nboy girl brother sister\n")
    assert read_questions(path) == [("Athens", "Greece", "Baghdad", "Iraq"), ("boy", "girl", "brother", "sister")]


@pytest.mark.parametrize("line", ["love sex 6.77", "love\tsex", "love\tsex\tmuch", "love\tsex\tnan", "a\tb\t1\t2"])
def test_a_broken_pair_is_refused_by_its_line(tmp_path, line):
    with pytest.raises(UsageError, match=r"line 2 of .* must be two words and a number"):
        read_pairs(write(tmp_path, f"a\tb\t1\n{line}\n"))


@pytest.mark.parametrize("line", ["one two three", "one two three four five"])
def test_a_broken_question_is_refused_by_its_line(tmp_path, line):
    with pytest.raises(UsageError, match=r"line 2 of .* must be four words"):
        read_questions(write(tmp_path, f": section\n{line}\n"))


@pytest.mark.parametrize("read", [read_pairs, read_questions])
def test_a_missing_file_says_how_to_get_it(tmp_path, read):
    with pytest.raises(UsageError, match=r"there is no file .*wordsim353.tsv; .*gensim.* give\.") as caught:
        read(tmp_path / "wordsim353.tsv")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("read", [read_pairs, read_questions])
def test_a_file_that_is_no_text_is_refused(tmp_path, read):
    path = tmp_path / "test.txt"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="cannot read"):
        read(path)


def test_a_mark_of_byte_order_is_no_letter(tmp_path):
    path = tmp_path / "test.txt"
    path.write_text("boy girl brother sister\r\n", encoding="utf-8-sig")
    assert read_questions(path) == [("boy", "girl", "brother", "sister")]
