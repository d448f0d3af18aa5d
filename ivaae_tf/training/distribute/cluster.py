"""The cluster of workers that the environment variable TF_CONFIG describes."""

import dataclasses
import json
import os
import re
from collections.abc import Mapping

from ivaae_tf.program.errors import UserError

EXAMPLE = (
    '{"cluster": {"worker": ["host0:2222", "host1:2222"]}, "task": {"type": "worker", "index": 0}}'
)
_JOBS = ("chief", "worker")
_ABORTED = "Collective ops is aborted by"


@dataclasses.dataclass(frozen=True)
class Cluster:
    """All workers of a run, and the name of this one.

    Attributes:
        addresses: Name of a worker, such as "chief" or "worker 1" -> "host:port"; chief first.
        own_name: The name of this process.
    """

    addresses: dict[str, str]
    own_name: str

    @property
    def chief(self) -> str:
        """The name of the worker that writes the files: "chief", else "worker 0"."""
        return next(iter(self.addresses))

    @property
    def is_chief(self) -> bool:
        """Whether this process is the chief."""
        return self.own_name == self.chief

    @property
    def others(self) -> dict[str, str]:
        """The other workers, name -> address."""
        return {name: at for name, at in self.addresses.items() if name != self.own_name}

    def lost_worker(self, message: str) -> str | None:
        """Returns the lost worker that made a collective operation fail.

        Args:
            message: TensorFlow's error, which names tasks as "/job:worker/replica:0/task:1".

        Returns:
            The worker's name; None if the error has another cause.
        """
        if _ABORTED not in message:
            return None
        tasks = re.findall(r"/job:(\w+)/(?:replica:0/)?task:(\d+)", message)
        lost = [name for name in (_name(job, int(index)) for job, index in tasks)]
        # An error without a name means that the chief, which coordinates the others, is lost.
        return next((name for name in lost if name in self.others), self.chief)


def cluster_from_environment(environment: Mapping[str, str] = os.environ) -> Cluster | None:
    """Returns the cluster of TF_CONFIG, None if it is unset or has no cluster.

    Raises:
        UserError: If TF_CONFIG is invalid, or has tasks that do not train.
    """
    text = environment.get("TF_CONFIG", "")
    if not text.strip():
        return None
    try:
        config = json.loads(text)
    except json.JSONDecodeError as error:
        raise _unusable(f"is not JSON ({error})") from error
    if not isinstance(config, dict):
        raise _unusable(f"is not an object but {text[:60]!r}")
    jobs = config.get("cluster")
    if not jobs:
        return None
    if not isinstance(jobs, dict) or not all(map(_is_list_of_addresses, jobs.values())):
        raise _unusable(f'has a "cluster" without one "host:port" for each task: {jobs!r}')
    unknown = [job for job in jobs if job not in _JOBS]
    if unknown:
        raise _unusable(f"has {unknown[0]!r} tasks, but only chief and worker can train")
    if len(jobs.get("chief", ())) > 1:
        raise _unusable("has more than one chief")
    addresses = {
        _name(job, index): address
        for job in _JOBS
        for index, address in enumerate(jobs.get(job, ()))
    }
    return Cluster(addresses, _own_name(config.get("task"), addresses))


def _own_name(task: object, addresses: dict[str, str]) -> str:
    if isinstance(task, dict) and str(task.get("index", "")).isdecimal():
        name = _name(task.get("type"), int(task["index"]))
        if name in addresses:
            return name
    raise _unusable(f'has a "task" that is not one of {", ".join(addresses)}: {task!r}')


def _name(job: object, index: int) -> str:
    return "chief" if (job, index) == ("chief", 0) else f"{job} {index}"


def _is_list_of_addresses(addresses: object) -> bool:
    return isinstance(addresses, list) and all(
        isinstance(at, str) and at.rpartition(":")[0] and at.rpartition(":")[2].isdecimal()
        for at in addresses
    )


def _unusable(problem: str) -> UserError:
    return UserError(f"TF_CONFIG {problem}; expected a value such as {EXAMPLE}")
