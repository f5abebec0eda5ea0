"""One run: fit, restore the best weights, embed every split, score, write.."""

from __future__ import annotations

import os
import socket
import time
import traceback
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import torch

from embedbench.data.augmentation import view_notes
from embedbench.data.base import EmbeddingDataModule
from embedbench.data.preprocessing import PREPROCESSING, made_of, save_preprocessing
from embedbench.errors import RunError, UsageError, lost_process
from embedbench.evaluation.suite import Assessment, notes_of
from embedbench.files.atomic import DISK, write_text
from embedbench.paradigms.base import Paradigm
from embedbench.paradigms.row_scorer import RowScorer
from embedbench.paradigms.saved import WEIGHTS, save_weights
from embedbench.progress.step import tell_nobody
from embedbench.progress.step_display import steps_shown
from embedbench.request.options import Options
from embedbench.request.request import Request, run_id
from embedbench.request.resolve import Parts, resolve
from embedbench.results import tracker
from embedbench.results.digests import digests
from embedbench.results.environment import environment, utc_now
from embedbench.results.queries import write_classes, write_queries
from embedbench.results.record import FILE_NAME, Result
from embedbench.run.fitting import fit, make_trainer
from embedbench.run.live.callback import LiveEvaluation
from embedbench.run.live.plan import make_plan, watching_notes
from embedbench.run.lr_schedule import schedule_notes
from embedbench.run.prepared import prepared
from embedbench.run.processes import beside_first
from embedbench.run.quiet import quiet_lightning
from embedbench.run.resources import is_first, resources, threads
from embedbench.run.row_scores import score_notes, score_rows
from embedbench.run.scoring import embed_splits, score, with_labels
from embedbench.run.store.embedding_cache import EmbeddingCache
from embedbench.run.store.folder import Claim, claim, save_embeddings
from embedbench.say import say
from embedbench.stopping import INTERRUPTED, Stopped, held, last_words
from embedbench.types import Split


@quiet_lightning()
def execute(request: Request, options: Options) -> Result | None:
    """Runs a request and writes ``runs/<id>/``.

    Returns:
        The result, finished or failed; ``None`` on ranks other than 0.

    Raises:
        UsageError: On bad input; nothing has been written then.
    """
    with threads(request["threads"]):
        return _execute(request, options)


def _execute(request: Request, options: Options) -> Result | None:
    parts, model = prepared(resolve(request), request["seed_everything"])
    name = options.run_id or run_id(request)
    folder = options.runs / name
    if options.run_id is None and not options.overwrite and (found := _found(folder)) is not None:
        return _mirrored(found, parts.config, folder, options) if is_first() else None
    if not is_first():
        with beside_first():
            _work(_started(name, request, parts, model, options), parts, model, folder, options, None)
        return None
    claimed, wandb_run = _claim(folder, name, parts.config, options)
    result = _started(name, request, parts, model, options)
    shown = nullcontext(options.tell) if options.quiet else steps_shown(f"{result.model} on {result.dataset}")
    try:
        with shown as tell:
            return _recorded(result, parts, model, claimed, replace(options, tell=tell), wandb_run)
    finally:
        claimed.owner.release()


def _found(folder: Path) -> Result | None:
    """What an agent's trial asks for, if it is there: a sweep that is begun again has its finished runs in place."""
    path = folder / FILE_NAME
    if tracker.agent_trial() is None or not path.exists():
        return None
    with suppress(UsageError):  # what can't be read is refused where the folder is claimed
        found = Result.read(path)
        return found if found.status == "finished" else None
    return None


def _mirrored(found: Result, config: dict[str, Any], folder: Path, options: Options) -> Result:
    """Tells the trial's W&B run how a run ended that was finished before."""
    run = tracker.open_run(options.wandb, options.wandb_mode, found.run_id, folder, config)
    say(f"the run {folder} had finished: its result is this trial's")
    _close(run, found)
    return found


def _close(run: Any, done: Result) -> None:
    flat = {f"{split}/{name}": value for split, found in done.metrics.items() for name, value in found.items()}
    facts = {"run_id": done.run_id, "status": done.status, **done.timing, **done.resources}
    tracker.close_run(run, flat, facts, failed=done.status != "finished")


def _claim(folder: Path, name: str, config: dict[str, Any], options: Options) -> tuple[Claim, Any]:
    """Claims the folder and opens the W&B run in it, if one is wanted.

    If W&B can't be used nothing ran: the folder goes, and a run that it was to replace comes back.
    """
    claimed, wandb_run = claim(folder, config, overwrite=options.overwrite), None
    try:
        if tracker.wanted(options.wandb):
            wandb_run = tracker.open_run(options.wandb, options.wandb_mode, name, folder, config)
    except BaseException:  # a signal too: a server that isn't there is waited for
        claimed.undo()
        raise
    if claimed.note is not None:
        say(claimed.note)
    return claimed, wandb_run


def _recorded(
    result: Result, parts: Parts, model: Paradigm, claimed: Claim, options: Options, wandb_run: Any
) -> Result:
    """Does the work and writes what came of it, also when it fails or is interrupted."""
    folder, has_begun = claimed.folder, False
    interrupt: BaseException | None = None
    trace: str | None = None
    try:
        with held():  # what is on record stays there
            claimed.begin(result)
            has_begun = True
        with last_words(lambda word: claimed.record(_ended(result, word))):
            done = _work(result, parts, model, folder, options, wandb_run)
    except BaseException as error:
        if not has_begun:
            raise
        stopped = not isinstance(error, Exception)
        interrupt = error if stopped else None
        done, trace = _ended(result, _word(error) if stopped else _reason(error, folder)), traceback.format_exc()
    try:
        with held():
            claimed.record(done)
            if trace is not None:
                _keep_traceback(folder, trace)
    except (UsageError, RunError) as error:
        raise RunError(f"what came of {folder} can't be recorded: {error}") from None
    finally:
        if wandb_run is not None:
            _close(wandb_run, done)
    if interrupt is not None:
        raise interrupt
    return done


def _ended(result: Result, reason: str) -> Result:
    return replace(result, status="failed", error=reason, finished_at=utc_now())


def _word(stopped: BaseException) -> str:
    """What happened, in a word; Lightning turns a KeyboardInterrupt into SystemExit."""
    return str(stopped) if isinstance(stopped, Stopped) else INTERRUPTED


def _reason(error: BaseException, folder: Path) -> str:
    """Why the work failed; of a disk or a lost process how to go on, for libraries only say what they saw."""
    if isinstance(error, OSError) and error.errno in DISK:
        # Checkpoints are written in the temporary folder first, and a full disk doesn't say which one it is.
        where = f"below {folder}, or in the temporary folder {gettempdir()}"
        return f"cannot write {where} ({error.strerror}); make room there, then run it again."
    known = lost_process(error) or error
    return f"{type(known).__name__}: {known}"


def _keep_traceback(folder: Path, text: str) -> None:
    try:
        write_text(folder / "traceback.txt", text)
    except (UsageError, RunError) as error:
        say(str(error))


def _work(result: Result, parts: Parts, model: Paradigm, folder: Path, options: Options, wandb_run: Any) -> Result:
    """Fit, embed, score; ranks other than 0 stop before the scoring and give the result as it came."""
    plan = make_plan(parts)
    live = plan.live and LiveEvaluation(plan.live, plan.monitor, parts.data, folder, options.quiet)
    rate = parts.config["lr_schedule"]
    trainer = make_trainer(parts.trainer, model, folder, wandb_run, options.tell, live, plan.monitor, rate)
    fitted = fit(trainer, model, parts.data, last=plan.last)
    keeper = EmbeddingCache(trainer, model, parts.data, parts.config["model"])
    started = time.perf_counter()
    known = keeper.read() if model.frozen else {}
    embedded = embed_splits(trainer, model, parts.data, known)
    embed_seconds = time.perf_counter() - started
    said = score_rows(trainer, model, parts.data, parts.suite)
    said_seconds = time.perf_counter() - started - embed_seconds
    if not trainer.is_global_zero:
        return result
    save_weights(folder, model)
    save_preprocessing(made_of(folder, parts.data.spec, parts.data.encode))
    keeper.write({split: z for split, z in embedded.items() if split not in known})
    if options.keep_embeddings:
        _keep(folder, parts.data, embedded, keeper)
    parts.suite.tell = options.tell or tell_nobody
    scores = score(parts.suite, parts.data, embedded, said, model)
    rows = _rows_seen(trainer.global_step, model, parts, trainer.world_size)
    timing = {
        "fit_seconds": fitted.seconds,
        "fit_cpu_seconds": fitted.cpu_seconds,
        "embed_seconds": embed_seconds,
        "evaluate_seconds": said_seconds + scores.seconds,
        "train_samples_per_second": rows / fitted.seconds if fitted.seconds else 0.0,
        **({"live_seconds": live.spent} if live else {}),
    }
    trained = [*fitted.notes, *_trained(parts, model), *watching_notes(plan, model)]
    notes = [*trained, *_read(known), *score_notes(model, said, parts.suite)]
    scored = _scored(result, scores.assessed, notes, folder)
    bound = digests(folder, (WEIGHTS, PREPROCESSING))
    used = resources(trainer, model) | fitted.steps | {"train_rows_seen": rows}
    facts: dict[str, Any] = {"timing": timing, "resources": used, "digests": bound}
    return replace(scored, **facts, finished_at=utc_now())


def _scored(result: Result, assessed: Mapping[str, Assessment], notes: list[str], folder: Path) -> Result:
    """The result with what the suite found, once the values of single queries are in the folder."""
    for split, one in assessed.items():
        write_queries(folder, split, one.index, one.queries)
        write_classes(folder, split, one.classes)
    return replace(
        result,
        status="finished",
        metrics={split: one.metrics for split, one in assessed.items()},
        uncertainty={split: one.uncertainty for split, one in assessed.items()},
        notes=[*result.notes, *notes, *notes_of(assessed)],
    )


def _trained(parts: Parts, model: Paradigm) -> list[str]:
    """What the model learned from, and at which rate."""
    data = parts.data
    views = view_notes(data.views, data.spec, model.views, mirrored=data.flip)
    return [*views, *schedule_notes(parts.config["lr_schedule"], model)]


def _read(known: dict[Split, torch.Tensor]) -> list[str]:
    said = f"embeddings of {', '.join(known)} were read from the cache, which embed_seconds is the time of"
    return [said] if known else []


def _rows_seen(steps: int, model: Paradigm, parts: Parts, ranks: int) -> int:
    """Train rows seen in the fit."""
    if model.fitting == "gradient":
        return steps * min(parts.data.batch_size, model.spec.n_rows) * ranks
    return model.spec.n_rows if model.fitting == "one_pass" else 0


def _keep(folder: Path, data: EmbeddingDataModule, embedded: dict[Split, torch.Tensor], keeper: EmbeddingCache) -> None:
    for split, z in embedded.items():
        save_embeddings(folder, split, with_labels(data, split, z), keeper.keys.get(split, ""))


def _seen(model: Paradigm, data: EmbeddingDataModule) -> dict[str, bool]:
    """Whether its embeddings use labels, and whether they are what they are compared with."""
    return {"sees_labels": model.sees == "label", "is_input": model.is_input and data.relations("train") is None}


def _started(name: str, request: Request, parts: Parts, model: Paradigm, options: Options) -> Result:
    measures = parts.suite.measures(parts.data.further("train"))
    return Result(
        run_id=name,
        status="running",
        paradigm=model.kind,
        model=request["model_name"],
        model_class=f"{type(model).__module__}.{type(model).__qualname__}",
        latent_dim=model.latent_dim,
        dataset=request["data_name"],
        dataset_fingerprint=parts.data.fingerprint,
        splits={str(split): rows for split, rows in parts.data.rows.items()},
        seed=request["seed_everything"],
        directions={metric: measure.better for metric, measure in measures.items()},
        environment={
            **environment(),
            "folder": str(Path.cwd()),
            "host": socket.gethostname(),
            "process": str(os.getpid()),
        },
        config={**parts.config, **_seen(model, parts.data)},
        sweep=options.sweep or tracker.agent_trial(),
        started_at=utc_now(),
        notes=list(parts.data.notes),
        scales={model.family: model.scale} if isinstance(model, RowScorer) and model.scale else {},
    )
