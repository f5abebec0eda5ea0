from collections import Counter

from embedbench.data.texts.wordnet5k import WordNet5k


def test_classes_are_balanced_in_the_official_split():
    data = WordNet5k()
    assert data.rows == {"train": 3600, "val": 400, "test": 1000}
    assert data.spec.classes == (
        *("animal", "artifact", "body", "communication", "food"),
        *("location", "person", "plant", "state", "substance"),
    )
    for split, each in (("train", 360), ("val", 40), ("test", 100)):
        assert Counter(data.targets(split).tolist()) == dict.fromkeys(range(10), each)


def test_definitions_are_those_of_their_class():
    source = WordNet5k().load()
    assert source.x[0] == "New World arboreal porcupines"
    assert source.classes[source.label[0]] == "animal"
    assert all(isinstance(text, str) and text.strip() for text in source.x)
