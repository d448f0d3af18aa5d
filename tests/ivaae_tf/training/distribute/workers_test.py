import json

import keras
import pytest
import tensorflow as tf

from ivaae_tf.program.errors import UserError
from ivaae_tf.training.distribute.workers import Workers


def one_worker():
    config = {"cluster": {"worker": ["127.0.0.1:1"]}, "task": {"type": "worker", "index": 0}}
    return json.dumps(config)


@pytest.mark.parametrize("choice", ["auto", "none"])
def test_one_device_needs_no_strategy(choice, monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    workers = Workers(choice)
    assert workers.strategy is tf.distribute.get_strategy()
    assert workers.is_chief


@pytest.mark.parametrize("choice", ["auto", "multi_worker"])
def test_a_cluster_of_one_worker_is_this_machine(choice, monkeypatch):
    monkeypatch.setenv("TF_CONFIG", one_worker())
    assert Workers(choice).strategy is tf.distribute.get_strategy()


def test_several_workers_need_tf_config(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    with pytest.raises(UserError, match="--distribution=multi_worker needs TF_CONFIG"):
        Workers("multi_worker")


@pytest.mark.parametrize("choice", ["auto", "multi_worker"])
def test_a_wrong_tf_config_is_refused_where_it_counts(choice, monkeypatch):
    monkeypatch.setenv("TF_CONFIG", "worker:2222")
    with pytest.raises(UserError, match="TF_CONFIG is not JSON"):
        Workers(choice)
    assert Workers("none").is_chief


def test_mirrored_takes_all_devices_of_the_machine():
    strategy = Workers("mirrored").strategy
    assert isinstance(strategy, tf.distribute.MirroredStrategy)
    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    assert strategy.num_replicas_in_sync == len(devices)


def test_a_single_process_waits_for_nobody():
    workers = Workers("none")
    variable = keras.Variable([1.0, -0.0])
    with workers.ending_together(), workers.chief_first():
        workers.check_agreement({"seed": 1}, epochs=2)
        workers.broadcast([variable])
    assert variable.numpy().tolist() == [1.0, -0.0]


def test_errors_of_a_single_process_stay_as_they_are():
    with pytest.raises(tf.errors.UnavailableError), Workers("none").ending_together():
        raise tf.errors.UnavailableError(None, None, "Collective ops is aborted by: a test")


def test_a_worker_ends_in_peace_though_another_one_has_gone_after_the_first_wait(monkeypatch):
    workers, waits = Workers("none"), []

    def wait():
        waits.append(None)
        if len(waits) == 2:
            raise tf.errors.UnavailableError(None, None, "Socket closed")

    monkeypatch.setattr(workers, "wait_for_all", wait)
    with workers.ending_together():
        pass
    assert len(waits) == 2
