"""``embedbench evaluate``: score vectors made by any tool, or a run again."""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embedbench.catalog import check_name
from embedbench.commands.shared import split_names
from embedbench.commands.show import show_metrics, write_metrics
from embedbench.data.look.seen import check_there
from embedbench.errors import UsageError
from embedbench.files.destination import check_file, check_folder
from embedbench.request.request import only
from embedbench.say import say

if TYPE_CHECKING:
    from embedbench.evaluation.given.vector_files import FileRows, FileScores
    from embedbench.evaluation.suite import Assessment, Suite
    from embedbench.results.record import Result
    from embedbench.run.again.reuse import Rescored
    from embedbench.types import Split

_READ = 1 << 24  # bytes of a file held at a time
EPILOG = """\
files: .npz (arrays z, perhaps label, split, id), .npy (labels in NAME_labels.npy), .csv, .parquet,
.jsonl (a column a dimension or one of lists, perhaps label, split, id). Rows whose split is train
are the gallery, else --gallery, else a random 80 %. Several files hold the same rows.

examples:
  embedbench evaluate z.npz
  embedbench evaluate e5.parquet openai.parquet --dataset customers
  embedbench evaluate queries.parquet --gallery documents.parquet --qrels qrels.tsv
  embedbench evaluate --run runs/ID
  embedbench evaluate --run runs/ID --metrics clustering,retrieval/map@r
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    parser.add_argument("file", nargs="*", type=Path, metavar="FILE", help="the vectors")
    parser.add_argument("--gallery", type=Path, metavar="FILE", help="vectors to search in")
    parser.add_argument(
        "--qrels", type=Path, metavar="FILE", help="lines of query, document, grade: ids in FILE and --gallery"
    )
    parser.add_argument(
        "--split_file", type=Path, metavar="FILE", help="ids or rows of each split (`embedbench split`)"
    )
    parser.add_argument("--dataset", metavar="NAME", help="record the result, to rank beside the runs on this data set")
    parser.add_argument("--name", help="row in the leaderboard (the file's name)")
    parser.add_argument("--run", type=Path, metavar="RUN", help="score this run again")
    parser.add_argument(
        "--metrics", metavar="NAMES", help="only these, with commas between them; of a run, added to its record"
    )
    parser.add_argument("--runs", type=Path, default=Path("runs"), metavar="DIR", help="folder of all runs (runs)")
    parser.add_argument("--output", type=Path, metavar="FILE", help="also write the metrics as JSON")


def handle(args: argparse.Namespace, rest: list[str]) -> int:
    """Scores files or a run, shows the metrics, records those of files if they belong to a data set."""
    args.file += [Path(word) for word in rest if not word.startswith("-")]  # those that follow an option
    rest = [word for word in rest if word.startswith("-")]
    _check(args)
    names = split_names("--metrics", args.metrics)
    if args.run is not None:
        rescored = _score_run(args.run, names, rest)
        if rescored is None:
            return 0  # another rank reports
        scored = {str(args.run): rescored.assessed}
    else:
        scored = _score_vectors(args, rest if names is None else [*rest, only(names)])
    from embedbench.evaluation.suite import notes_of

    for name, assessed in scored.items():
        for note in notes_of(assessed):
            say(f"note: {note}" if len(scored) == 1 else f"note: {name}: {note}")
    if args.output is not None:  # files come first: a terminal that takes no table costs none
        metrics = {name: {split: one.metrics for split, one in assessed.items()} for name, assessed in scored.items()}
        write_metrics(args.output, metrics if len(args.file) > 1 else next(iter(metrics.values())))
    columns = _columns(scored)
    show_metrics(
        ", ".join(scored) if args.run is None else str(args.run),
        {name: one.metrics for name, one in columns.items()},
        {name: one.uncertainty for name, one in columns.items()},
    )
    return 0


def _check(args: argparse.Namespace) -> None:
    """Refuses options that don't go together, and places that can't be written to."""
    if bool(args.file) == (args.run is not None):
        raise UsageError("give either a FILE of vectors or --run runs/ID, and not both.")
    for option in ("dataset", "name", "gallery", "qrels", "split_file"):
        if args.run is not None and getattr(args, option) is not None:
            raise UsageError(f"--{option} is for a FILE of vectors, and --run has its own; leave it out.")
    for option, name in (("--dataset", args.dataset), ("--name", args.name)):
        if name is not None:
            check_name(option, name)
    if args.name is not None and len(args.file) > 1:
        raise UsageError(f"--name is for one FILE, got {len(args.file)}; the files' own names tell them apart.")
    stems = [file.stem for file in args.file]
    for stem in stems:
        if stems.count(stem) > 1:
            raise UsageError(f"{stems.count(stem)} files are called {stem!r}; give each a name of its own.")
    if args.output is not None:
        check_file("--output", args.output, (".json",))
    if args.dataset is not None:
        check_folder("--runs", args.runs)
    for file in (*args.file, *([] if args.gallery is None else [args.gallery])):
        check_there(file, "file")


def _columns(scored: Mapping[str, Mapping[str, Assessment]]) -> dict[str, Assessment]:
    """What stands side by side: the splits, or of several files their splits."""
    if len(scored) == 1:
        return dict(*scored.values())
    return {f"{name} {split}": one for name, assessed in scored.items() for split, one in assessed.items()}


def _score_run(run: Path, names: list[str] | None, rest: list[str]) -> Rescored | None:
    """Scores a run, adds the metrics that are named to its record, and says where the embeddings came from."""
    from embedbench.run.again.adding import add_metrics
    from embedbench.run.again.reuse import rescore

    remarks: list[str] = []
    if names is None:
        rescored = rescore(run, rest)
    else:
        check_folder("--run", run)
        rescored, remarks = add_metrics(run, names, rest)
    if rescored is not None:
        say(_told(rescored.embedded))
        for remark in remarks:
            say(remark)
    return rescored


def _told(embedded: list[Split]) -> str:
    if not embedded:
        return "the embeddings were kept, and no row was embedded again"
    return f"embedded {', '.join(embedded)}, of which no embeddings are kept that match weights, rows and code"


def _score_vectors(args: argparse.Namespace, rest: list[str]) -> dict[str, dict[str, Assessment]]:
    """What each file scores, by its name, once all are known to be of the same rows and those of the data set."""
    from embedbench.request.suite_request import build_suite

    suite = build_suite(rest)
    from embedbench.evaluation.given.vector_files import read_files, score_vectors  # which brings pandas along
    from embedbench.progress.step_display import steps_shown
    from embedbench.request.same_rows import check_same_rows

    files = read_files(args.file, args.gallery, suite.protocol.seed, args.qrels, args.split_file)
    if args.dataset is not None:
        check_same_rows(files, args.dataset, args.runs)
    scored = {}
    for given in files:
        started = time.perf_counter()
        with steps_shown(str(given.path)) as suite.tell:
            scores = score_vectors(given, suite)
        if args.dataset is not None:
            folder = _record(args, given, scores, suite, time.perf_counter() - started)
            say(f"recorded in {folder}")
        scored[given.path.stem if len(files) > 1 else str(given.path)] = scores.assessed
    return scored


def _record(args: argparse.Namespace, given: FileRows, scores: FileScores, suite: Suite, seconds: float) -> Path:
    """Writes the result of a file of vectors; what the same content has by the same protocol and embedbench stays."""
    from embedbench.evaluation.suite import notes_of
    from embedbench.request.suite_request import settings_of
    from embedbench.results.environment import environment, utc_now
    from embedbench.results.record import Result

    name = args.name or given.path.stem
    settings, now = settings_of(suite), utc_now()
    run_id = f"{args.dataset}-{name}-{_digest([given.path, args.gallery, args.qrels], settings)[:8]}"
    result = Result(
        run_id=run_id,
        status="finished",
        paradigm="external",
        model=name,
        latent_dim=scores.dim,
        dataset=args.dataset,
        splits=scores.rows,
        seed=suite.protocol.seed,
        metrics=scores.metrics,
        uncertainty={split: one.uncertainty for split, one in scores.assessed.items()},
        directions={metric: measure.better for metric, measure in suite.measures().items()},
        timing={"evaluate_seconds": seconds},
        environment=environment(),
        config={
            "file": str(given.path),
            "gallery": str(args.gallery) if args.gallery else None,
            "qrels": str(args.qrels) if args.qrels else None,
            "ids": given.ids,
            "suite": {"init_args": settings},
        },
        started_at=now,
        finished_at=now,
        notes=notes_of(scores.assessed),
    )
    folder: Path = args.runs / run_id
    _write(folder, result, scores)
    return folder


def _write(folder: Path, result: Result, scores: FileScores) -> None:
    """Writes a record, with what one of before holds; says so."""
    from embedbench.results.queries import add_queries, write_classes, write_queries
    from embedbench.results.record import FILE_NAME, Result

    held = Result.read(folder / FILE_NAME) if (folder / FILE_NAME).exists() else result
    is_same = all(held.environment.get(key) == result.environment[key] for key in ("embedbench", "git_commit"))
    for split, one in scores.assessed.items():
        (add_queries if is_same else write_queries)(folder, split, one.index, one.queries)
        write_classes(folder, split, one.classes, add=is_same)
    (_joined(held, result) if is_same else result).write(folder)
    new, stay = ({name for values in one.metrics.values() for name in values} for one in (result, held))
    if stay - new:
        what = "stay in the record" if is_same else "are of another embedbench and left the record; score by them again"
        say(f"{len(stay - new)} metrics of before {what}")


def _joined(held: Result, new: Result) -> Result:
    """The new record with all that the one of before holds of the same vectors."""
    splits = {**held.metrics, **new.metrics}
    return replace(
        new,
        metrics={split: {**new.metrics.get(split, {}), **held.metrics.get(split, {})} for split in splits},
        uncertainty={split: {**new.uncertainty.get(split, {}), **held.uncertainty.get(split, {})} for split in splits},
        directions={**new.directions, **held.directions},
        notes=list(dict.fromkeys([*held.notes, *new.notes])),
        started_at=held.started_at,
    )


def _digest(files: list[Path | None], settings: dict[str, Any]) -> str:
    """Of the protocol and of the files' content, one after the other, without reading any as a whole."""
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for file in files:
        if file is not None:
            with file.open("rb") as content:
                while part := content.read(_READ):
                    digest.update(part)
    return digest.hexdigest()
