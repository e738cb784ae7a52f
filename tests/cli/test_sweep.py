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


def text_of(path):
    """Nothing of a file that is not there, or not there any more."""
    try:
        return path.read_text()
    except FileNotFoundError:
        return ""


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
        before = text_of(state)
        while process.poll() is None and time.monotonic() < until:
            if text_of(state) not in ("", before):
                time.sleep(rng.random() * 0.02)
                process.kill()
                break
        code = process.wait()
        assert code in (0, -signal.SIGKILL)
        killed += code == -signal.SIGKILL
        if broken.exists():
            break
        if killed >= 3:
            code = run("sweep", *BASE, *MANY, "-o", str(broken), "--resume").returncode
            assert code == 0
            break
    assert killed
    assert broken.read_bytes() == whole.read_bytes()
    if code == 0:  # killed after the file had its name, it leaves what it knew beside it
        assert not list(tmp_path.glob("*.part*"))


ONE = ["--vary", "adc.bits=6"]


@pytest.mark.parametrize(("suffix", "space", "most"), [
    (".csv", MANY, 200_000),
    pytest.param(".npz", MANY, 400_000, marks=pytest.mark.slow),
    pytest.param(".npz", ONE, 4_000, marks=pytest.mark.slow),  # the file itself, of 10 kB
    pytest.param(".parquet", MANY, 100_000, marks=pytest.mark.slow),
    pytest.param(".parquet", ONE, 4_000, marks=pytest.mark.slow),
])  # fmt: skip
def test_a_full_disk_leaves_no_file(tmp_path, suffix, space, most):
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    whole, out = tmp_path / f"whole{suffix}", tmp_path / f"out{suffix}"
    assert run("sweep", *BASE, *space, "-o", str(whole)).returncode == 0
    assert whole.stat().st_size > most

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    done = run("sweep", *BASE, *space, "-o", str(out), preexec_fn=limit)
    assert done.returncode == 2
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert "ignored" not in done.stderr  # as of what is closed again while it is forgotten
    assert {path.name[len(out.name) :] for path in tmp_path.glob("out*")} == {".part", ".part.json"}
    assert run("sweep", *BASE, *space, "-o", str(out), "--resume").returncode == 0
    assert out.read_bytes() == whole.read_bytes()


def test_what_exists_needs_force(tmp_path, invoke):
    out = tmp_path / "out.csv"
    few = ["--vary", "adc.bits=4,5", "-o", str(out)]
    out.write_text("mine")
    done = invoke("sweep", *BASE, *few)
    assert (done.exit_code, out.read_text()) == (2, "mine")
    assert "--force" in done.stderr
    assert invoke("sweep", *BASE, *few, "--force").exit_code == 0
    assert out.read_text().startswith("row,hardware,workload,adc.bits")


def test_a_finished_sweep_has_nothing_to_go_on_with(tmp_path, invoke):
    out = tmp_path / "out.csv"
    few = ["--vary", "adc.bits=4,5", "-o", str(out)]
    for resume in ([], ["--resume"]):
        done = invoke("sweep", *BASE, *few, *resume)
        assert done.exit_code == 0
    assert "out.csv is complete" in done.stderr
    whole = out.read_bytes()
    out.write_bytes(whole[:-8])
    assert "exists; --force replaces it" in invoke("sweep", *BASE, *few, "--resume").stderr
    out.write_bytes(whole)
    for other in (["--vary", "operation_unit.rows=8,16"], ["--shard", "1/2"]):
        done = invoke("sweep", *BASE, *few, *other, "--resume")
        assert done.exit_code == 2
        assert "exists; --force replaces it" in done.stderr


def test_notes_of_networks_are_those_of_an_estimate(invoke):
    some = ["sweep", "-H", "sre", "-W", "lenet5", "-W", "vgg16", "--vary"]
    done = invoke(*some, "workload:profile.weights.elements=0.1,0.9")
    assert done.stderr.count("profile.weights.elements does not reach 4 layers") == 1
    assert "has no profile" not in done.stderr  # it has densities here
    assert invoke(*some, "adc.bits=6,7").stderr.count("vgg16 has no profile") == 1


def test_a_baseline_that_cannot_is_said(invoke):
    done = invoke("sweep", "-H", "base-mvm", "-W", "mlp-mnist", "--phase", "training", "--baseline",
                  "isaac", "--vary", "bus.energy=0 pJ/bit,1 pJ/bit")  # fmt: skip
    assert done.exit_code == 0
    assert "ratios to isaac: isaac: no training.update; it cannot train" in done.stderr


def test_the_part_of_another_sweep_is_not_continued(tmp_path, invoke):
    out = tmp_path / "out.csv"
    (tmp_path / "out.csv.part").write_text("")
    (tmp_path / "out.csv.part.json").write_text('{"identity": "other", "size": 0}')
    done = invoke("sweep", *BASE, "--vary", "adc.bits=4,5", "-o", str(out), "--resume")
    assert done.exit_code == 2
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
        (["--vary", "adc.bits=4", "-o", "x.xls"], ".txt, .parquet, .npz, or -f"),
        (["--vary", "adc.bits=4", "-f", "json", "-o", "x.csv"], "says csv, -f says json"),
        (["--vary", "adc.bits=4", "--where", "energy_j<3uJ"], "in SI units (areas in mm2)"),
        (["--vary", "adc.bits=4", "--where", "energy_j<3uJ", "-o", "x.csv"], "in SI units"),
        (["--vary", "adc.bits=4", "--where", "hardware<3", "-o", "x.csv"], "holds words"),
        (["--vary", "adc.bits=4", "--where", "speedup>2"], "it needs --baseline"),
        (["--vary", "workload:profile.conv7.weights.elements=0.1"],
         "--vary workload:profile.conv7.weights.elements: profile.conv7: unknown key or layer"),
        (["--vary", "workload:profile.conv2.weights.elements=7"],
         "--vary workload:profile.conv2.weights.elements: 7 is out of range"),
        (["--vary", "adc.bits=4", "-o", "no/x.csv"], "no folder no"),
        (["--vary", "adc.bits=4", "--sample", "latin", "9"], "sobol N"),
        (["--vary", "precision.weight_bits=1"], "no point of the space can be built"),
        (["--vary", "cell.read_energy=.9 mJ,1 mJ", "--vary", "adc.bits=4,5"],
         "cell.read_energy = .9 mJ, adc.bits = 4: crossbar.power: comes out as 17.28 MW"),
        (["--vary", "precision.weight_bits=1", "-o", "x.csv"], "no point of the space"),
        (["--vary", "precision.weight_bits=1", "-o", "x.npz", "--sort", "energy_j", "--top", "1"],
         "no point of the space"),
    ],
)  # fmt: skip
def test_bad_input_is_a_line_and_exit_2(words, said, tmp_path, invoke):
    done = invoke("sweep", *BASE, *words)
    assert done.exit_code == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


def test_search_proves_its_optimum(invoke):
    few = ["--vary", "adc.bits=4..8", "--vary", "operation_unit.rows=4,8,16"]
    every = json.loads(invoke("sweep", *BASE, *few, "-f", "json", "-q").stdout)["rows"]
    done = invoke("search", *BASE, *few, "--minimize", "energy_j", "--where", "adc.bits>=6",
               "-f", "json")  # fmt: skip
    found = json.loads(done.stdout)["rows"]
    allowed = [row for row in every if row["adc.bits"] >= 6]
    assert found == [min(allowed, key=lambda row: row["energy_j"])]
    assert "15 points gone through" in done.stderr
    done = invoke("search", *BASE, *few, "--minimize", "energy_j", "--where", "area_mm2<0")
    assert done.exit_code == 2
    assert "no design" in done.stderr


def test_designs_that_are_as_good_as_each_other_do_not_fill_the_screen(invoke):
    alike = ["--vary", "cell.write_time=1 ns:9 ns:30", "--minimize", "energy_j"]
    done = invoke("search", *BASE, *alike)
    assert "30 designs, of which 20 are shown; -f csv has all" in done.stderr
    assert done.stdout.count(" lenet5 ") == 20
    assert len(invoke("search", *BASE, *alike, "-f", "csv").stdout.splitlines()) == 31


def test_a_front_of_two_goals_is_plotted_below_its_table(invoke):
    sizes = ["--vary", "crossbar.rows=32:512:x2", "--vary", "crossbar.columns=32:512:x2"]
    front = ["sweep", *BASE, *sizes, "--pareto", "latency_s,area_mm2"]
    table, plot = invoke(*front).stdout.split("\n\narea_mm2\n")
    field = [line.partition("|")[2] for line in plot.splitlines() if "|" in line]
    assert len(field) == 16
    assert "".join(field).count("a") >= 3
    assert table.count(" lenet5 ") >= "".join(field).count("a")
    assert "latency_s" in plot.splitlines()[-1]
    assert "|" not in invoke(*front, "-f", "csv").stdout


def test_search_of_a_space_too_large_to_go_through(invoke):
    pytest.importorskip("optuna")
    large = ["--vary", "adc.energy=1 pJ:9 pJ:10000", "--vary", "dac.energy=1 fJ:9 fJ:10000",
             "--vary", "adc.bits=4..8", "--minimize", "energy_j",
             "--columns", "adc.*,energy_j"]  # fmt: skip
    done = invoke("search", *BASE, *large, "--trials", "200", "-f", "json")
    assert done.exit_code == 0, done.stderr
    assert "200 points tried by optuna (NSGA-II, seed 0) of a space that is 5.0e+08" in done.stderr
    assert "not proved" in done.stderr
    rows = json.loads(done.stdout)["rows"]
    assert all(row["adc.energy_j"] < 2e-12 for row in rows)
    again = invoke("search", *BASE, *large, "--trials", "200", "-f", "json")
    assert json.loads(again.stdout)["rows"] == rows
    sampled = invoke("search", *BASE, *large, "--sample", "sobol", "64")
    assert "64 points gone through, a sample" in sampled.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--vary", "adc.bits=4..8"], "one to three goals"),
        (["--minimize", "energy_j"], "name a key and its values"),
        (["--vary", "adc.bits=4..8", "--minimize", "energy_j", "--trials", "9"], "leave it out"),
        (["--vary", "adc.bits=4..8", "--minimize", "read_eror_percent"], "unknown column"),
        (["--vary", "adc.bits=4..8", "--minimize", "energy_j", "--where", "lifetime_year<3"],
         "did you mean 'lifetime_years'?"),
        (["--vary", "adc.bits=4..8", "--minimize", "energy_j", "--where", "lifetime_years<3"],
         "no design of the space meets the conditions (lifetime_years: "),
        (["--vary", "adc.energy=1 pJ:2 pJ", "--minimize", "energy_j", "--cluster", "tcp://x:1"],
         "goes with a space of up to 1e8 points"),
    ],
)  # fmt: skip
def test_bad_searches(words, said, invoke):
    done = invoke("search", *BASE, *words)
    assert done.exit_code == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


CHOSEN = [["--pareto", "energy_j,latency_s"], ["--sort", "-energy_j,latency_s", "--top", "7"]]
FEW = ["--vary", "adc.bits=4..8", "--vary", "operation_unit.rows=4..16", "--vary",
       "precision.weight_bits=1..4"]  # fmt: skip


@pytest.mark.slow
def test_an_interrupted_front_goes_on_where_it_was(tmp_path):
    many = ["--vary", "adc.energy=1 pJ:3 pJ:400", "--vary", "dac.energy=1 fJ:9 fJ:400", "--vary",
            "operation_unit.rows=8,16,32,64", *CHOSEN[0]]  # fmt: skip
    whole, broken = tmp_path / "whole.csv", tmp_path / "broken.csv"
    assert run("sweep", *BASE, *many, "-o", str(whole)).returncode == 0
    kept = tmp_path / "broken.csv.kept"
    words = command("sweep", *BASE, *many, "-o", str(broken))
    process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 60.0
    while not kept.exists() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted: broken.csv.kept keeps what is known; --resume goes on with it" in said
    assert kept.exists()
    refused = run("sweep", *BASE, *many, "-o", str(broken))
    assert refused.returncode == 2
    assert "kept: exists; --resume goes on with it, --force replaces it" in refused.stderr
    other = run("sweep", *BASE, *FEW, *CHOSEN[0], "-o", str(broken), "--resume")
    assert other.returncode == 2
    assert "another run" in other.stderr
    assert run("sweep", *BASE, *many, "-o", str(broken), "--resume").returncode == 0
    assert broken.read_bytes() == whole.read_bytes()
    assert not kept.exists()


def test_machines_of_all_kinds_in_one_sweep(tmp_path, invoke):
    out = tmp_path / "out.csv"
    words = ["-H", "gpu-gtx1080", "-H", "base-digital", "-H", "sre", "-W", "lenet5",
             "--vary", "sre:adc.bits=5,6",
             "--columns", "hardware,sre:adc.bits,energy_j,crossbars"]  # fmt: skip
    done = invoke("sweep", *words, "-o", str(out))
    assert done.exit_code == 0, done.stderr
    assert "gpu-gtx1080, base-digital: points are worked out one by one" in done.stderr
    lines = [line.split(",") for line in out.read_text().splitlines()]
    assert [line[0] for line in lines[1:]] == ["gpu-gtx1080", "base-digital", "sre", "sre"]
    assert [line[1] for line in lines[1:]] == ["", "", "5", "6"]
    assert lines[1][3] == ""
    assert lines[3][3].isdigit()
    rows = json.loads(invoke("sweep", *words, "-f", "json", "-q").stdout)["rows"]
    for line, row in zip(lines[1:], rows, strict=True):
        keys = ["--set", f"adc.bits={line[1]}"] if line[1] else []
        one = invoke("estimate", "-H", line[0], "-W", "lenet5", *keys, "-f", "json", "-q")
        assert one.exit_code == 0, one.stderr
        wanted = json.loads(one.stdout)["rows"][0]
        assert float(line[2]) == pytest.approx(wanted["energy_j"], rel=1e-9)
        assert row["crossbars"] == wanted["crossbars"]


def test_a_baseline_gives_ratios_to_choose_by(invoke):
    words = ["--vary", "operation_unit.rows=4..24", "--baseline", "ou-dense", "-q", "-f", "json"]
    done = invoke("search", *BASE, *words, "--maximize", "speedup", "--where", "energy_reduction>8")
    best = json.loads(done.stdout)["rows"]
    every = json.loads(invoke("sweep", *BASE, *words).stdout)["rows"]
    allowed = [row for row in every if row["energy_reduction"] > 8.0]
    assert best == [max(allowed, key=lambda row: row["speedup"])]
    front = invoke("sweep", *BASE, *words, "--pareto", "speedup,energy_reduction")
    shown = json.loads(front.stdout)["rows"]
    assert max(row["speedup"] for row in shown) == max(row["speedup"] for row in every)


def test_the_worse_end_of_an_interval_is_a_goal_too(invoke):
    words = ["--vary", "operation_unit.rows=4..24", "--baseline", "ou-dense", "-q", "-f", "json",
             "--uncertainty", "50", "--spread", "*.energy=30 %"]  # fmt: skip
    done = invoke("search", *BASE, *words, "--maximize", "energy_reduction_low")
    (best,) = json.loads(done.stdout)["rows"]
    every = json.loads(invoke("sweep", *BASE, *words).stdout)["rows"]
    assert best == max(every, key=lambda row: row["energy_reduction_low"])
    assert best["energy_reduction_low"] < best["energy_reduction"]


def test_training_is_swept_one_by_one(invoke):
    done = invoke("sweep", "-H", "panther-2", "-W", "mlp-l4", "--phase", "training",
                  "--work", "step", "--vary", "training.carry_interval=256,1024",
                  "-f", "json")  # fmt: skip
    assert done.exit_code == 0, done.stderr
    rows = json.loads(done.stdout)["rows"]
    assert [row["work"] for row in rows] == ["step", "step"]
    assert rows[0]["energy_j"] > rows[1]["energy_j"] > 0.0


def test_sensitivity_is_a_table(tmp_path, invoke):
    done = invoke(
        "sweep", *BASE, "--sensitivity", "--columns", "energy_j", "--top", "3", "-f", "csv"
    )
    assert done.exit_code == 0, done.stderr
    lines = done.stdout.splitlines()
    assert (
        lines[0] == "row,hardware,workload,key,unit,value,value_low,value_high,energy_j_elasticity"
    )
    assert len(lines) == 4


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--sensitivity", "--vary", "adc.bits=4"], "--vary: goes without --sensitivity"),
        (["--sensitivity", "--keys", "adc.bit"], "did you mean 'adc.bits'"),
        (["--sensitivity", "--columns", "energy"], "did you mean 'energy_j'"),
        (["--vary", "adc.bits=4", "--keys", "adc.*"], "--keys: goes with --sensitivity"),
        (["--vary", "adc.bits=4", "--uncertainty", "3"], "from 20"),
        (["--vary", "adc.bits=4", "--spread", "*=20 %"], "goes with --uncertainty N"),
        (["--vary", "adc.bits=4", "--uncertainty", "50", "--spread", "adc.bits=20 %"],
         "only technology numbers"),
        (["--vary", "adc.bits=4", "--uncertainty", "50", "--spread", "*=20"], 'such as "10 %"'),
        (["--vary", "adc.bits=4", "--uncertainty", "50", "--spread", "*"], "is not [NAME:]KEY"),
        (["--vary", "adc.bits=4", "--uncertainty", "50", "--spread", "*=2000 %"], "to 1000 %"),
        ([], "name a key and its values"),
    ],
)  # fmt: skip
def test_bad_input_of_the_options_that_ask_for_more(words, said, invoke):
    done = invoke("sweep", *BASE, *words)
    assert done.exit_code == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("state", [
    b"null", b"[]", b"{", b'{"identities": 3}', b"", b"\xff",
])  # fmt: skip
def test_a_damaged_state_is_not_gone_on_with(tmp_path, state, invoke):
    out, few = tmp_path / "out.csv", ["--vary", "adc.bits=4..8"]
    (tmp_path / "out.csv.part").write_text("row\n")
    (tmp_path / "out.csv.part.json").write_bytes(state)
    (tmp_path / "out.csv.kept").write_bytes(state + b"\n")
    for chosen, said in (([], "does not say how far"), (CHOSEN[0], "is no state of a run")):
        if chosen:
            (tmp_path / "out.csv.part").unlink()
        done = invoke("sweep", *BASE, *few, *chosen, "-o", str(out), "--resume")
        assert done.exit_code == 2
        assert said in done.stderr
        assert not out.exists()


def test_a_front_leaves_the_part_of_another_sweep_alone(tmp_path, invoke):
    out = tmp_path / "out.csv"
    (tmp_path / "out.csv.part").write_text("hours of work")
    done = invoke("sweep", *BASE, "--vary", "adc.bits=4..8", *CHOSEN[0], "-o", str(out))
    assert done.exit_code == 2
    assert "out.csv.part: exists" in done.stderr
    assert (tmp_path / "out.csv.part").read_text() == "hours of work"


@pytest.mark.parametrize("values", [
    "adc.energy=1 pJ:9 pJ:1e999", "adc.energy=1 pJ:9 pJ:+1e999", "adc.bits=1.." + "9" * 400,
    "adc.bits=1.." + "9" * 5000, "adc.energy=1e-300 pJ:1e300 pJ:x2",
])  # fmt: skip
def test_numbers_beyond_all_use(values, invoke):
    done = invoke("sweep", *BASE, "--vary", values)
    assert done.exit_code == 2
    assert "--vary adc." in done.stderr
    assert len(done.stderr) < 300
    done = invoke("sweep", *BASE, "--vary", "adc.bits=4", "--shard", "1/" + "9" * 5000)
    assert "write i/n" in done.stderr
