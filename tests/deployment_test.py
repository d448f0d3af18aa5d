"""The documentation of containers, clusters and servers agrees with the program."""

import json
import re
import subprocess
import tomllib
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import yaml

from ivaae_tf.export import saved_model
from ivaae_tf.layers.priors import GaussianPrior
from ivaae_tf.models import samplers
from ivaae_tf.models.build import build_model
from ivaae_tf.training.distribute.cluster import cluster_from_environment

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def service_and_job():
    return list(yaml.safe_load_all((ROOT / "docs" / "kubernetes.yaml").read_text()))


@pytest.mark.parametrize("index", [0, 1])
def test_each_pod_of_the_kubernetes_job_is_a_worker(index, service_and_job, tmp_path):
    service, job = service_and_job
    pod = job["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    (tmp_path / "ivaae").write_text('#!/bin/sh\nprintf "%s" "$TF_CONFIG"\n')
    (tmp_path / "ivaae").chmod(0o755)
    printed = subprocess.run(
        [*container["command"], *container["args"]],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "JOB_COMPLETION_INDEX": str(index)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    cluster = cluster_from_environment({"TF_CONFIG": printed})
    assert cluster.own_name == f"worker {index}"
    # The Service of the subdomain gives each pod the host name <job>-<index>.<subdomain>.
    assert pod["subdomain"] == service["metadata"]["name"]
    assert service["spec"]["selector"] == {"job-name": job["metadata"]["name"]}
    hosts = [address.split(":")[0] for address in cluster.addresses.values()]
    name = f"{job['metadata']['name']}-{{}}.{pod['subdomain']}"
    assert hosts == [name.format(number) for number in range(job["spec"]["completions"])]
    assert job["spec"]["parallelism"] == job["spec"]["completions"]


def test_the_request_to_tensorflow_serving_fits_the_signature(tmp_path):
    page = ROOT / "docs" / "how-to" / "export-and-serve.md"
    (body,) = re.findall(r"curl -d '(.*)'", page.read_text())
    request = json.loads(body)
    shape = (8, 8, 1)
    model = build_model(
        "aae", network="fully_connected", image_shape=shape, latent_dim=2, width=0.01, seed=0
    )
    saved_model.write(model, [samplers.Prior(GaussianPrior(2))], tmp_path)
    signature = tf.saved_model.load(str(tmp_path)).signatures[request["signature_name"]]
    _, specs = signature.structured_input_signature
    assert set(specs) == set(request["inputs"])
    inputs = {
        name: tf.constant(np.array(value), specs[name].dtype)
        for name, value in request["inputs"].items()
    }
    assert signature(**inputs)["images"].shape == (request["inputs"]["num_images"], *shape)


def test_the_image_has_what_the_wheel_is_made_of():
    copied = re.findall(r"^COPY (.*) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    files = {name for names in copied for name in names.split()}
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert files == {line[1:] for line in ignored if line.startswith("!")}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert {*wheel["packages"], *wheel["force-include"], "pyproject.toml", "README.md"} <= files


@pytest.mark.parametrize("name", ["", "-dev"])
def test_what_is_locked_has_a_hash_and_is_what_is_pinned(name):
    """The lock files contain the current pins, and no address of a package index."""
    lock = (ROOT / f"requirements{name}.lock").read_text()
    blocks = re.split(
        r"^(?=[\w-]+==)", re.sub(r"^ *#.*\n", "", lock, flags=re.MULTILINE), flags=re.M
    )
    locked = dict(re.match(r"([\w-]+)==(\S+)", block).groups() for block in blocks if block)
    assert all("--hash=sha256:" in block for block in blocks if block)
    assert "://" not in lock
    pinned = (ROOT / "requirements.txt", ROOT / "requirements-build.txt")
    for path in (*pinned, ROOT / f"requirements{name}.txt"):
        for package, version in re.findall(r"^([\w-]+)==(\S+)", path.read_text(), re.MULTILINE):
            assert locked[package.replace("_", "-").lower()] == version, package


def test_what_is_pinned_lies_in_the_ranges_of_the_package():
    """requirements.txt pins a tested version of each dependency in pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pins = dict(
        line.split("#")[0].strip().split("==")
        for line in (ROOT / "requirements.txt").read_text().splitlines()
        if "==" in line
    )
    ranges = dict(re.match(r"([\w-]+)(.*)", text).groups() for text in project["dependencies"])
    assert set(pins) == set(ranges)
    for name, text in ranges.items():
        for bound in text.split(","):
            operator, version = re.match(r"(>=|<)(.*)", bound).groups()
            pinned, limit = (tuple(map(int, v.split("."))) for v in (pins[name], version))
            assert pinned >= limit if operator == ">=" else pinned < limit, name
