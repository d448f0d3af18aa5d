import json

import pytest

from ivaae_tf.program.errors import UserError
from ivaae_tf.training.distribute.cluster import Cluster, cluster_from_environment

TWO_WORKERS = {"worker": ["a:1", "b:2"]}


def cluster(jobs, job, index):
    config = {"cluster": jobs, "task": {"type": job, "index": index}}
    return cluster_from_environment({"TF_CONFIG": json.dumps(config)})


def test_without_a_cluster_there_is_none():
    for environment in ({}, {"TF_CONFIG": ""}, {"TF_CONFIG": "{}"}, {"TF_CONFIG": ' {"task": 1}'}):
        assert cluster_from_environment(environment) is None


def test_worker_0_writes_where_there_is_no_chief():
    first, second = (cluster(TWO_WORKERS, "worker", index) for index in (0, 1))
    assert first.is_chief
    assert not second.is_chief
    assert second.own_name == "worker 1"
    assert second.others == {"worker 0": "a:1"}


def test_the_chief_comes_first_wherever_it_is_listed():
    jobs = {"worker": ["a:1"], "chief": ["c:3"]}
    assert list(cluster(jobs, "worker", 0).addresses) == ["chief", "worker 0"]
    assert not cluster(jobs, "worker", 0).is_chief
    assert cluster(jobs, "chief", 0).is_chief


def test_an_index_may_be_text_as_some_schedulers_write_it():
    assert cluster(TWO_WORKERS, "worker", "1").own_name == "worker 1"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{'cluster': 1}", "is not JSON"),
        ("[1]", "is not an object"),
        ('{"cluster": ["a:1"]}', '"host:port"'),
        ('{"cluster": {"worker": ["a", "b"]}}', '"host:port"'),
        ('{"cluster": {"worker": {"0": "a:1"}}}', '"host:port"'),
        ('{"cluster": {"worker": ["a:1"], "ps": ["b:1"]}}', "'ps' tasks"),
        ('{"cluster": {"chief": ["a:1", "b:1"]}}', "more than one chief"),
        ('{"cluster": {"worker": ["a:1", "b:1"]}}', '"task"'),
        ('{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 1}}', '"task"'),
        ('{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": -1}}', '"task"'),
        ('{"cluster": {"worker": ["a:1"]}, "task": {"type": "evaluator", "index": 0}}', '"task"'),
    ],
)
def test_what_cannot_be_understood_is_said_in_one_line(text, expected):
    with pytest.raises(UserError) as caught:
        cluster_from_environment({"TF_CONFIG": text})
    message = str(caught.value)
    assert message.startswith("TF_CONFIG ")
    assert expected in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("message", "lost"),
    [
        # As TensorFlow 2.21 words them.
        ("Collective ops is aborted by: Error reported from /job:worker/task:1: The", "worker 1"),
        (
            "Collective ops is aborted by: from /job:worker/replica:0/task:1",
            "worker 1",
        ),
        ("Collective ops is aborted by: from /job:chief/replica:0/task:0 while calling", "chief"),
        ("Collective ops is aborted by: Deadline Exceeded RPC: Heartbeat", "chief"),
        ("on /job:worker/task:1: OOM when allocating tensor", None),
    ],
)
def test_the_lost_worker_is_read_off_the_error(message, lost):
    addresses = {"chief": "c:1", "worker 0": "a:1", "worker 1": "b:1"}
    assert Cluster(addresses, own_name="worker 0").lost_worker(message) == lost
