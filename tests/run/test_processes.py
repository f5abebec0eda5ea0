"""What several processes can't do, refused before any has begun."""

import pytest
from lightning.pytorch import Trainer
from lightning.pytorch.strategies import DDPStrategy, FSDPStrategy

from embedbench.errors import RunError, UsageError
from embedbench.paradigms.baseline.raw import Raw
from embedbench.paradigms.classical.autoencoder import Autoencoder
from embedbench.request.request import build_request
from embedbench.run.fitting import make_embedder
from embedbench.run.processes import (
    beside_first,
    check_held_out,
    check_limits,
    check_strategy,
    check_validations,
)
from embedbench.stopping import Stopped
from embedbench.types import DataSpec

TWO = {"accelerator": "cpu", "devices": 2, "logger": False, "enable_checkpointing": False}
NAMES = ["ddp_fork", "ddp_notebook", "ddp_spawn", "fsdp", "deepspeed_stage_2", "xla", "model_parallel", "dp", "foo"]
SPEC = DataSpec("tabular", (4,), 60, "none")
REFUSED = "can't be used: each process of a run is a whole command with a whole model; give ddp, or leave it out"


@pytest.mark.parametrize("name", NAMES)
def test_strategies_that_are_no_whole_commands_are_refused_by_name(name):
    with pytest.raises(UsageError, match=f"^--trainer.strategy '{name}' {REFUSED}"):
        build_request(["--model", "raw", "--data", "digits", "--trainer.strategy", name])


@pytest.mark.parametrize("name", ["ddp_fork", "ddp_notebook", "ddp_spawn"])
def test_and_where_a_run_is_scored_again(name):
    with pytest.raises(UsageError, match=f"^--trainer.strategy '{name}' {REFUSED}"):
        make_embedder({**TWO, "strategy": name})


@pytest.mark.parametrize("strategy", [DDPStrategy(start_method="spawn"), DDPStrategy(start_method="fork")])
def test_and_as_objects(strategy):
    with pytest.raises(UsageError, match=f"^--trainer.strategy DDPStrategy {REFUSED}"):
        make_embedder({**TWO, "strategy": strategy})


def test_strategy_that_shards_the_model_is_refused():
    with pytest.raises(UsageError, match=f"^--trainer.strategy fsdp {REFUSED}"):
        check_strategy(FSDPStrategy(), "fsdp")


@pytest.mark.parametrize("strategy", ["auto", "ddp", "ddp_find_unused_parameters_true", DDPStrategy()])
def test_strategies_that_start_whole_commands_pass(strategy):
    assert make_embedder({**TWO, "strategy": strategy}).world_size == 2


@pytest.mark.parametrize("limit", [{"limit_val_batches": 1}, {"limit_val_batches": 0.5}, {"overfit_batches": 2}])
def test_limits_that_count_batches_of_each_process_are_refused(limit):
    check_limits(Trainer(**{**TWO, "devices": 1}, **limit))
    with pytest.raises(UsageError, match="val/loss would change with their number; leave out limit_val_batches"):
        check_limits(Trainer(**TWO, **limit))


@pytest.mark.parametrize("limit", [{}, {"limit_val_batches": 0}, {"limit_val_batches": 1.0}])
def test_all_or_no_validation_rows_pass(limit):
    check_limits(Trainer(**TWO, **limit))


@pytest.mark.parametrize("interval", [9, 100, 0.1])
def test_validations_that_no_epoch_is_long_enough_for_are_refused(interval):
    trainer = Trainer(**TWO, check_val_every_n_epoch=5, val_check_interval=interval)
    with pytest.raises(UsageError, match=f"val_check_interval {interval} the batches of one, of which there are 8;"):
        check_validations(trainer, 1000, 64)


@pytest.mark.parametrize("interval", [8, 1.0, 0.125])
def test_others_pass(interval):
    check_validations(Trainer(**TWO, check_val_every_n_epoch=5, val_check_interval=interval), 1000, 64)
    check_validations(Trainer(**TWO, check_val_every_n_epoch=None, val_check_interval=100), 1000, 64)


class Own(Autoencoder):
    def validation_step(self, batch, batch_idx):
        self.log("val/loss", sum(self.terms(batch).values()))


def test_own_validation_step_is_refused_in_several_processes():
    model = Own(SPEC)
    check_held_out(Trainer(**{**TWO, "devices": 1}), model)
    check_held_out(Trainer(**TWO, limit_val_batches=0), model)
    with pytest.raises(UsageError, match=r"^Own has a validation_step of its own, .* write held_out in its place"):
        check_held_out(Trainer(**TWO), model)


@pytest.mark.parametrize("model", [Autoencoder, Raw])
def test_losses_that_processes_share_pass(model):
    check_held_out(Trainer(**TWO), model(SPEC))


@pytest.mark.parametrize("error", [RunError("NaN"), Stopped(15), RuntimeError("[gloo/transport/tcp/pair.cc:1] Closed")])
def test_what_the_first_process_says_no_other_does(error):
    with beside_first():
        raise error


def test_what_went_wrong_in_another_process_alone_is_raised():
    with pytest.raises(RuntimeError, match="shape"), beside_first():
        raise RuntimeError("shape")
