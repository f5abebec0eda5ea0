"""What may be said of a run beside its request. Light: a sweep's parent process needs it without Lightning."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from embedbench.progress.step import Tell


@dataclass(frozen=True)
class Options:
    """What doesn't change a run's numbers.

    Attributes:
        runs: Folder of all runs.
        run_id: Name of this one; made from the request if not given.
        overwrite: Whether an existing folder of that name is replaced.
        keep_embeddings: Whether the embeddings of all splits are kept.
        wandb: W&B project to mirror the run in.
        wandb_mode: "online", "offline" or "disabled"; W&B's own setting if not given.
        quiet: No progress bar (one of many runs).
        sweep: Id and trial, if part of a sweep.
        tell: Is told each step, in place of a progress bar.
    """

    runs: Path = Path("runs")
    run_id: str | None = None
    overwrite: bool = False
    keep_embeddings: bool = False
    wandb: str | None = None
    wandb_mode: str | None = None
    quiet: bool = False
    sweep: dict[str, str] | None = None
    tell: Tell | None = None
