"""A sweep on a Dask cluster of this machine: the same bytes, whoever dies."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.cluster
pytest.importorskip("distributed")

BASE = ["-H", "sre", "-W", "lenet5"]
MANY = ["--vary", "adc.energy=1 pJ:3 pJ:200", "--vary", "dac.energy=1 fJ:9 fJ:100", "--vary",
        "operation_unit.rows=8,16,32,64,128"]  # fmt: skip


def run(*words):
    command = [sys.executable, "-m", "recost", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


class Local:
    """A scheduler and workers, each a process of its own."""

    def __init__(self, folder, workers):
        self.file = folder / "scheduler.json"
        where = ["--port", "0", "--host", "127.0.0.1", "--scheduler-file", str(self.file)]
        self.processes = [self._start("dask_scheduler", *where, "--no-dashboard")]
        until = time.monotonic() + 60.0
        while not self.file.exists() and time.monotonic() < until:
            time.sleep(0.1)
        self.address = json.loads(self.file.read_text())["address"]
        how = ["--nthreads", "1", "--no-dashboard", "--no-nanny"]
        self.workers = [self._start("dask_worker", self.address, *how) for _ in range(workers)]
        if workers:
            from distributed import Client

            with Client(self.address, timeout=30, set_as_default=False) as client:
                client.wait_for_workers(workers, timeout=60)

    def _start(self, module, *words):
        command = [sys.executable, "-m", f"distributed.cli.{module}", *words]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def close(self):
        for process in [*self.workers, *self.processes]:
            process.kill()
            process.wait()


@pytest.fixture
def local(tmp_path):
    cluster = Local(tmp_path, 2)
    yield cluster
    cluster.close()


def started(out, address):
    """A sweep on the cluster that has written some rows and is not through."""
    command = [sys.executable, "-m", "recost", "sweep", *BASE, *MANY, "-o", str(out)]
    process = subprocess.Popen([*command, "--cluster", address], stderr=subprocess.PIPE, text=True)
    state = out.with_name(out.name + ".part.json")
    until = time.monotonic() + 120.0
    while process.poll() is None and time.monotonic() < until:
        try:
            if json.loads(state.read_text())["next_point"]:
                return process
        except FileNotFoundError:
            pass
        time.sleep(0.002)
    pytest.fail(f"the sweep ended before anything could be killed: {process.communicate()}")


@pytest.mark.parametrize("suffix", [".csv", ".npz"])
def test_the_same_bytes_with_a_worker_killed(tmp_path, local, suffix):
    here, there = tmp_path / f"here{suffix}", tmp_path / f"there{suffix}"
    assert run("sweep", *BASE, *MANY, "-o", str(here)).returncode == 0
    process = started(there, local.address)
    local.workers[0].send_signal(signal.SIGKILL)
    assert local.workers[0].wait() == -signal.SIGKILL
    _, said = process.communicate(timeout=300)
    assert process.returncode == 0, said
    assert there.read_bytes() == here.read_bytes()


def test_a_scheduler_that_dies_leaves_what_is_written(tmp_path, local):
    here, there = tmp_path / "here.csv", tmp_path / "there.csv"
    process = started(there, local.address)
    local.processes[0].send_signal(signal.SIGKILL)
    _, said = process.communicate(timeout=300)
    assert process.returncode == 2
    assert "has gone" in said
    assert "Traceback" not in said
    for out, options in ((here, []), (there, ["--resume"])):
        assert run("sweep", *BASE, *MANY, "-o", str(out), *options).returncode == 0
    assert there.read_bytes() == here.read_bytes()


def test_a_front_and_a_search(tmp_path, local):
    front = ["sweep", *BASE, *MANY, "--pareto", "energy_j,latency_s", "-f", "csv", "-q"]
    assert run(*front, "--cluster", local.address).stdout == run(*front).stdout
    best = ["search", *BASE, *MANY, "--minimize", "energy_j", "-f", "csv", "-q"]
    assert run(*best, "--cluster", local.address).stdout == run(*best).stdout


def test_impossible_points_are_reported_from_afar(local):
    few = ["sweep", *BASE, "--vary", "precision.weight_bits=1,2,4", "--cluster", local.address]
    done = run(*few)
    assert done.returncode == 0, done.stderr
    assert "1 of 3 points cannot be built" in done.stderr
    assert "precision.weight_bits = 1" in done.stderr


def test_a_cluster_without_workers(tmp_path):
    empty = Local(tmp_path, 0)
    try:
        done = run("sweep", *BASE, *MANY, "--cluster", empty.address)
    finally:
        empty.close()
    assert done.returncode == 2
    assert "has no workers; start some with 'dask worker" in done.stderr


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("tcp://127.0.0.1:9", "no scheduler answers at tcp://127.0.0.1:9; start one"),
        ("tcp://no.such.host.invalid:8786", "no scheduler answers at tcp://no.such.host.invalid"),
        ("nowhere", "'nowhere' is no address of a scheduler"),
        ("tcp://127.0.0.1", "is no address of a scheduler"),
    ],
)
def test_a_cluster_that_is_not_there(address, said):
    done = run("sweep", *BASE, *MANY, "--cluster", address)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
