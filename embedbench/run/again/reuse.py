"""A finished run used again: its model embeds rows, or is scored once more."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from embedbench.collect import collect
from embedbench.data.preprocessing import OF_BEFORE, made_of
from embedbench.errors import UsageError, unknown
from embedbench.evaluation.suite import Assessment
from embedbench.files.unicode_text import column_name
from embedbench.files.vector_writer import Embeddings, check_output, write_embeddings
from embedbench.files.word2vec_text import write_word2vec
from embedbench.paradigms.words.word_table import WordModel
from embedbench.progress.step import tell_nobody
from embedbench.progress.step_display import steps_shown
from embedbench.run.again.restored import Reused, check_rows, restore, say_changed, say_notes
from embedbench.run.devices import settings_for
from embedbench.run.fitting import make_embedder
from embedbench.run.progress import RunProgress
from embedbench.run.quiet import quiet_lightning
from embedbench.run.row_scores import score_rows
from embedbench.run.scoring import check_support, embed_splits, score
from embedbench.run.store.embedding_cache import EmbeddingCache
from embedbench.say import say
from embedbench.types import SPLITS, Split


class Rescored(NamedTuple):
    """How a run scores once more, by split, and the splits that had to be embedded for it."""

    assessed: dict[str, Assessment]
    embedded: list[Split]


@quiet_lightning()
def rescore(folder: Path, args: list[str]) -> Rescored | None:
    """Scores a run's own data again; ``None`` on ranks other than 0.

    Raises:
        UsageError: If the folder is no finished run, or the data have another shape.
    """
    reused = reuse(folder, args)
    say_changed(reused)
    return score_again(reused, folder)


def score_again(reused: Reused, folder: Path) -> Rescored | None:
    """Scores by embeddings that the cache or the run's folder has, else made and kept; ``None`` on other ranks."""
    parts, model, trainer, data = reused.parts, reused.model, reused.trainer, reused.parts.data
    keeper = EmbeddingCache(trainer, model, data, parts.config["model"])
    known = keeper.read(folder)
    with steps_shown(str(folder)) if trainer.is_global_zero else nullcontext(tell_nobody) as tell:
        trainer.callbacks.append(RunProgress(tell))  # type: ignore[attr-defined]  # set by a connector
        parts.suite.tell = tell
        embedded = embed_splits(trainer, model, data, known, again=True)
        said = score_rows(trainer, model, data, parts.suite)
        if not trainer.is_global_zero:
            return None
        made = [split for split in embedded if split not in known]
        keeper.write({split: embedded[split] for split in made})
        return Rescored(score(parts.suite, data, embedded, said, model).assessed, made)


@quiet_lightning()
def embed(
    folder: Path,
    args: list[str],
    split: Split | Literal["all"] | None,
    output: Path,
    file: Path | None = None,
    id_column: str | None = None,
) -> tuple[int, int] | None:
    """Writes embeddings in a file of the kinds that `write_embeddings` knows; or word vectors as .txt.

    Args:
        folder: Of the run.
        args: Further arguments, as of ``run``.
        split: Whose rows, in its order; "all": every row in the order of the file. ``None``: all rows of another file
            than the run's own, else those of test.
        output: The file to write.
        file: To be read instead of the run's own data.
        id_column: Column of the data that goes along.

    Returns:
        Shape of what was written; ``None`` on ranks other than 0.

    Raises:
        UsageError: If the output can't be written or an embedding is NaN or infinite, or as ``rescore``.
    """
    id_column = None if id_column is None else column_name(id_column)
    check_output(output, id_column is not None)
    if file is not None and output.exists() and file.exists() and output.samefile(file):
        raise UsageError(f"--output {output} is the file to embed, which it would replace; name another.")
    reused = restore(folder, args, file)
    if output.suffix.lower() == ".txt":
        return _save_words(output, reused, folder)
    reused.parts.data.carried, known = id_column, reused.parts.data.known
    if id_column is not None and known is None:
        raise UsageError(f"the run {folder} {OF_BEFORE}.")
    chosen = split or ("all" if reused.is_other else "test")
    found = _all_rows(reused) if chosen == "all" else _rows_of(reused, chosen)
    if found is None:
        return None
    z, label, columns = found
    _refuse_broken(z, "rows")
    if id_column is not None and id_column not in columns:
        raise unknown("--id column", id_column, columns)
    names = reused.model.spec.classes
    ids = None if id_column is None else np.asarray(columns[id_column])
    write_embeddings(output, Embeddings(z.numpy(), np.arange(len(z)), label, names, ids))
    return z.shape[0], z.shape[1]


class _Found(NamedTuple):
    """Embeddings ``(rows, dim)``, labels ``(rows,)`` if there are some, and further columns of the file by name."""

    z: Tensor
    label: NDArray[Any] | None
    columns: Mapping[str, Any]


def _rows_of(reused: Reused, split: Split) -> _Found | None:
    """One split in its order; ``None`` on ranks other than 0."""
    check_rows(reused)
    say_notes(reused)
    say_changed(reused)
    data, place = reused.parts.data, SPLITS.index(split)
    batches: Any = reused.trainer.predict(reused.model, dataloaders=data.predict_dataloader()[place])
    z = collect(batches, data.rows[split], reused.trainer.strategy.root_device)
    label = data.targets(split)
    found = _Found(z, None if label is None else label.numpy(), data.beside_split(split))
    return found if reused.trainer.is_global_zero else None


def _all_rows(reused: Reused) -> _Found | None:
    """Every row in the order of the file; ``None`` on ranks other than 0."""
    folder, parts, model, trainer, _ = reused
    data = parts.data
    say_changed(reused)
    if data.known is None:  # a run of before: what it learned follows from its own rows once more
        check_rows(reused)
        data.known = made_of(folder, data.spec, data.encode)
    whole = data.whole
    for note in whole.notes if trainer.is_global_zero else ():
        say(note)
    if model.sees == "label" and (whole.label is None or not whole.labelled.all()):
        raise UsageError(
            f"the run {folder} embeds labels, which some rows don't have; give their column, or leave them out."
        )
    rows = whole.n_rows
    if trainer.world_size > rows:  # few rows need no further process
        trainer = make_embedder(
            {**settings_for(parts.trainer, model), "devices": 1, "num_nodes": 1, "strategy": "auto"}
        )
    batches: Any = trainer.predict(model, dataloaders=data.whole_dataloader())
    z = collect(batches, rows, trainer.strategy.root_device)
    return _Found(z, whole.label, whole.columns) if trainer.is_global_zero else None


def _save_words(output: Path, reused: Reused, folder: Path) -> tuple[int, int] | None:
    """Word vectors in word2vec's text format."""
    if not isinstance(reused.model, WordModel):
        raise UsageError(
            f"the model {reused.parts.config['model_name']} of {folder} has no word vectors, which a .txt file is for; "
            "give a run of a model that has, such as ppmi_svd, or another ending."
        )
    words, vectors = reused.model.word_vectors()
    _refuse_broken(vectors, "words")
    if reused.trainer.is_global_zero:
        write_word2vec(output, words, vectors.numpy())
        return len(words), vectors.shape[1]
    return None


def _refuse_broken(z: Tensor, what: str) -> None:
    """Refuses embeddings ``(rows, dim)`` that no file should hold."""
    if broken := int((~z.isfinite()).any(1).sum()):
        raise UsageError(f"{broken} of {len(z)} {what} have a NaN or infinite embedding; repair or drop them.")


def reuse(folder: Path, args: list[str]) -> Reused:
    """A finished run's parts with its weights, and its rows cut into splits; further arguments win.

    Raises:
        UsageError: If the folder is no finished run, or the data have another shape.
    """
    reused = restore(folder, args)
    check_rows(reused)
    check_support(reused.model, reused.parts.data)
    say_notes(reused)
    return reused
