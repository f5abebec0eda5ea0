"""The only door to wandb. Our own files are complete without it: a run is mirrored there, never kept there alone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from embedbench.errors import UsageError


def wanted(project: str | None) -> bool:
    """Whether to mirror a run: a project was named, or ``wandb agent`` started this process."""
    return project is not None or "WANDB_SWEEP_ID" in os.environ


def agent_trial() -> dict[str, str] | None:
    """Id and trial of the sweep if ``wandb agent`` started this process; the trial is the id of its W&B run."""
    if "WANDB_SWEEP_ID" not in os.environ:
        return None
    return {"id": os.environ["WANDB_SWEEP_ID"], "trial": os.environ.get("WANDB_RUN_ID", "")}


def open_run(project: str | None, mode: str | None, name: str, folder: Path, config: dict[str, Any]) -> Any:
    """Opens the one W&B run of this run; call it on rank 0 alone.

    Args:
        project: Name of the project; under an agent, the sweep's counts.
        mode: "online", "offline" or "disabled"; ``None`` lets ``WANDB_MODE`` decide, else online.
        name: Display name.
        folder: Where W&B keeps its files.
        config: The whole configuration. It goes under the key "config": keys of a sweep's parameters are locked.

    Returns:
        The wandb run.

    Raises:
        UsageError: If the server refuses or can't be reached.
    """
    import wandb

    try:
        # Without limits the client waits 100 s for a dead server at the start and for ever at the end.
        settings = wandb.Settings(init_timeout=30, finish_timeout=60, x_disable_stats=True)
        return wandb.init(
            project=project,
            mode=mode,  # type: ignore[arg-type]
            name=name,
            dir=str(folder),
            config={"config": config},
            resume="allow",
            settings=settings,
        )
    except (wandb.errors.Error, ValueError) as error:  # ValueError: an environment variable with an odd value
        reason = " ".join(str(error).split()).rstrip(".")
        raise UsageError(f"W&B can't be used ({reason}); log in, or add --wandb_mode offline.") from None


def close_run(run: Any, flat: dict[str, float], facts: dict[str, Any], *, failed: bool) -> None:
    """Writes the final metrics and facts into the run's summary and closes it."""
    run.summary.update({**flat, **facts})
    run.finish(exit_code=int(failed))
