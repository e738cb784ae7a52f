import json
import random
import resource
import signal
import subprocess
import sys
import time

import pytest

# One format on every run; the others take as long again.
FORMATS = [
    ".csv",
    pytest.param(".parquet", marks=pytest.mark.slow),
    pytest.param(".npz", marks=pytest.mark.slow),
]
BASE = ["-H", "sre", "-W", "lenet5"]
# Enough points for many chunks, cheap enough to make thrice.
MANY = [
    "--vary",
    "adc.energy=1 pJ:3 pJ:100",
    "--vary",
    "dac.energy=1 fJ:9 fJ:40",
    "--vary",
    "operation_unit.rows=8,16,32,64",
    "--columns",
    "hardware,adc*,energy_j,chips",
]


def command(*words):
    return [sys.executable, "-m", "recost", *words]


def run(*words, **options):
    return subprocess.run(command(*words), capture_output=True, text=True, check=False, **options)


@pytest.fixture(scope="module", autouse=True)
def _compiled():
    assert run("sweep", *BASE, "--vary", "adc.bits=6", "-q").returncode == 0


@pytest.mark.parametrize("suffix", FORMATS)
def test_killed_and_resumed_is_the_same_file(tmp_path, suffix):
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    whole, broken = tmp_path / f"whole{suffix}", tmp_path / f"broken{suffix}"
    assert run("sweep", *BASE, *MANY, "-o", str(whole)).returncode == 0
    state = tmp_path / f"broken{suffix}.part.json"
    rng = random.Random(suffix)
    killed = 0
    for _ in range(40):
        process = subprocess.Popen(command("sweep", *BASE, *MANY, "-o", str(broken), "--resume"),
                                   stderr=subprocess.DEVNULL)  # fmt: skip
        until = time.monotonic() + 60.0
        before = state.read_text() if state.exists() else ""
        while process.poll() is None and time.monotonic() < until:
            if state.exists() and state.read_text() != before:
                time.sleep(rng.random() * 0.02)
                process.kill()
                break
        code = process.wait()
        assert code in (0, -signal.SIGKILL)
        killed += code == -signal.SIGKILL
        if broken.exists():
            break
        if killed >= 3:
            assert run("sweep", *BASE, *MANY, "-o", str(broken), "--resume").returncode == 0
            break
    assert killed
    assert broken.read_bytes() == whole.read_bytes()
    assert not list(tmp_path.glob("*.part*"))


@pytest.mark.parametrize("suffix", FORMATS)
def test_merged_shards_are_the_same_file(tmp_path, suffix):
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    few = ["--vary", "adc.bits=4..8", "--vary", "operation_unit.rows=4,8,16", "--vary",
           "precision.weight_bits=1..3"]  # fmt: skip
    whole, joined = tmp_path / f"whole{suffix}", tmp_path / f"joined{suffix}"
    assert run("sweep", *BASE, *few, "-o", str(whole)).returncode == 0
    shards = [tmp_path / f"{i}{suffix}" for i in (1, 2, 3)]
    for i, shard in enumerate(shards):
        done = run("sweep", *BASE, *few, "-o", str(shard), "--shard", f"{i + 1}/3")
        assert done.returncode == 0, done.stderr
    done = run("merge", *map(str, reversed(shards)), "-o", str(joined))
    assert done.returncode == 0, done.stderr
    assert joined.read_bytes() == whole.read_bytes()
    about = json.loads((tmp_path / "joined.meta.json").read_text())
    assert about["rows"] == json.loads((tmp_path / "whole.meta.json").read_text())["rows"]
    done = run("merge", str(shards[0]), str(shards[2]), "-o", str(tmp_path / f"new{suffix}"))
    assert done.returncode == 2
    assert "missing: 2" in done.stderr
    assert "again" in run("merge", str(shards[0]), str(shards[0]), "-o", str(joined),
                          "--force").stderr  # fmt: skip


def test_a_full_disk_leaves_no_file(tmp_path):
    out = tmp_path / "out.csv"

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    done = run("sweep", *BASE, *MANY, "-o", str(out), preexec_fn=limit)
    assert done.returncode == 2
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert not out.exists()
    assert run("sweep", *BASE, *MANY, "-o", str(out), "--resume").returncode == 0
    assert len(out.read_text().splitlines()) == 1 + 100 * 40 * 4


def test_what_exists_needs_force(tmp_path):
    out = tmp_path / "out.csv"
    few = ["--vary", "adc.bits=4,5", "-o", str(out)]
    out.write_text("mine")
    done = run("sweep", *BASE, *few)
    assert (done.returncode, out.read_text()) == (2, "mine")
    assert "--force" in done.stderr
    assert run("sweep", *BASE, *few, "--force").returncode == 0
    assert out.read_text().startswith("row,hardware,workload,adc.bits")


def test_the_part_of_another_sweep_is_not_continued(tmp_path):
    out = tmp_path / "out.csv"
    (tmp_path / "out.csv.part").write_text("")
    (tmp_path / "out.csv.part.json").write_text('{"identity": "other", "size": 0}')
    done = run("sweep", *BASE, "--vary", "adc.bits=4,5", "-o", str(out), "--resume")
    assert done.returncode == 2
    assert "another sweep" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--vary", "adc.bit=4"], "did you mean 'adc.bits'?"),
        (["--vary", "adc.bits=8..4"], "reversed; write 4..8"),
        (["--vary", "adc.bits="], "has no values"),
        (["--vary", "crossbar.rows=1..9999", "--vary", "crossbar.columns=1..9999",
          "--vary", "operation_unit.rows=1..9999", "--vary", "adc.bits=1..60"], "6.0e+13"),
        (["--vary", "adc.bits=4", "--where", "area<3"], "did you mean 'area_mm2'?"),
        (["--vary", "adc.bits=4", "--pareto", "energy_j"], "two or three"),
        (["--vary", "adc.bits=4", "--pareto", "energy_j,area"], "did you mean 'area_mm2'?"),
        (["--vary", "adc.bits=4", "--top", "3"], "go together"),
        (["--vary", "adc.bits=4", "--shard", "1/2"], "goes with -o"),
        (["--vary", "adc.bits=4", "--shard", "3/2", "-o", "x.csv"], "from 1 to n"),
        (["--vary", "adc.bits=4", "-o", "x.xls"], "x.xls"),
        (["--vary", "adc.bits=4", "-o", "no/x.csv"], "no folder no"),
        (["--vary", "adc.bits=4", "--sample", "latin", "9"], "sobol N"),
        (["--vary", "precision.weight_bits=1"], "no point of the space can be built"),
    ],
)  # fmt: skip
def test_bad_input_is_a_line_and_exit_2(words, said, tmp_path):
    done = run("sweep", *BASE, *words, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


def test_search_proves_its_optimum():
    few = ["--vary", "adc.bits=4..8", "--vary", "operation_unit.rows=4,8,16"]
    every = json.loads(run("sweep", *BASE, *few, "-f", "json", "-q").stdout)["rows"]
    done = run("search", *BASE, *few, "--minimize", "energy_j", "--where", "adc.bits>=6",
               "-f", "json")  # fmt: skip
    found = json.loads(done.stdout)["rows"]
    allowed = [row for row in every if row["adc.bits"] >= 6]
    assert found == [min(allowed, key=lambda row: row["energy_j"])]
    assert "15 points gone through" in done.stderr
    done = run("search", *BASE, *few, "--minimize", "energy_j", "--where", "area_mm2<0")
    assert done.returncode == 2
    assert "no design" in done.stderr
    done = run("search", *BASE, "--vary", "crossbar.rows=1..10000", "--vary",
               "crossbar.columns=1..10001", "--minimize", "energy_j")  # fmt: skip
    assert done.returncode == 2
    assert "100,010,000 points" in done.stderr
