"""``embedbench evaluate``: score vectors made by any tool, or a run again."""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embedbench.catalog import check_name
from embedbench.commands.shared import split_names
from embedbench.commands.show import show_metrics, write_metrics
from embedbench.errors import UsageError
from embedbench.files.destination import check_file, check_folder
from embedbench.request.request import only
from embedbench.say import say

if TYPE_CHECKING:
    from embedbench.evaluation.external import FileScores
    from embedbench.evaluation.suite import Assessment, Suite
    from embedbench.results.record import Result
    from embedbench.run.again.reuse import Rescored
    from embedbench.types import Split

_READ = 1 << 24  # bytes of a file held at a time
EPILOG = """\
files: .npz (arrays z, perhaps label and split), .npy (labels in NAME_labels.npy), .csv or .parquet
(a column a dimension, perhaps label and split). Rows whose split is train are the gallery, else
--gallery, else a random 80 %.

examples:
  embedbench evaluate z.npz
  embedbench evaluate test.csv --gallery train.csv --dataset digits --name mytool
  embedbench evaluate --run runs/ID
  embedbench evaluate --run runs/ID --metrics clustering,retrieval/map@r
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="the vectors")
    parser.add_argument("--gallery", type=Path, metavar="FILE", help="vectors to search in")
    parser.add_argument("--dataset", metavar="NAME", help="record the result, to rank beside the runs on this data set")
    parser.add_argument("--name", help="row in the leaderboard (the file's name)")
    parser.add_argument("--run", type=Path, metavar="RUN", help="score this run again")
    parser.add_argument(
        "--metrics", metavar="NAMES", help="only these, with commas between them; of a run, added to its record"
    )
    parser.add_argument("--runs", type=Path, default=Path("runs"), metavar="DIR", help="folder of all runs (runs)")
    parser.add_argument("--output", type=Path, metavar="FILE", help="also write the metrics as JSON")


def handle(args: argparse.Namespace, rest: list[str]) -> int:
    """Scores a file or a run, shows the metrics, records a file's if it belongs to a data set."""
    if (args.file is None) == (args.run is None):
        raise UsageError("give either a FILE of vectors or --run runs/ID, and not both.")
    for option in ("dataset", "name", "gallery"):
        if args.run is not None and getattr(args, option) is not None:
            raise UsageError(f"--{option} is for a FILE of vectors, and --run has its own; leave it out.")
    for option, name in (("--dataset", args.dataset), ("--name", args.name)):
        if name is not None:
            check_name(option, name)
    if args.output is not None:
        check_file("--output", args.output, (".json",))
    if args.dataset is not None:
        check_folder("--runs", args.runs)
    names = split_names("--metrics", args.metrics)
    if args.run is not None:
        rescored = _score_run(args.run, names, rest)
        if rescored is None:
            return 0  # another rank reports
        assessed = rescored.assessed
    else:
        assessed = _score_vectors(args, rest if names is None else [*rest, only(names)])
    from embedbench.evaluation.suite import notes_of

    for note in notes_of(assessed):
        say(f"note: {note}")
    metrics = {split: one.metrics for split, one in assessed.items()}
    if args.output is not None:  # files come first: a terminal that takes no table costs none
        write_metrics(args.output, metrics)
    show_metrics(str(args.run or args.file), metrics, {split: one.uncertainty for split, one in assessed.items()})
    return 0


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


def _score_vectors(args: argparse.Namespace, rest: list[str]) -> dict[str, Assessment]:
    from embedbench.evaluation.external import score_file
    from embedbench.request.suite_request import build_suite

    suite = build_suite(rest)
    started = time.perf_counter()
    scores = score_file(args.file, args.gallery, suite)
    if args.dataset is not None:
        folder = _record(args, scores, suite, time.perf_counter() - started)
        say(f"recorded in {folder}")
    return scores.assessed


def _record(args: argparse.Namespace, scores: FileScores, suite: Suite, seconds: float) -> Path:
    """Writes the result of a file of vectors; what the same content has by the same protocol and embedbench stays."""
    from embedbench.evaluation.suite import notes_of
    from embedbench.request.suite_request import settings_of
    from embedbench.results.environment import environment, utc_now
    from embedbench.results.record import Result

    name = args.name or args.file.stem
    settings, now = settings_of(suite), utc_now()
    run_id = f"{args.dataset}-{name}-{_digest([args.file, args.gallery], settings)[:8]}"
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
            "file": str(args.file),
            "gallery": str(args.gallery) if args.gallery else None,
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
