"""Shards of a sweep and the file that they are joined to."""

import json

import pytest

from recost.report.merge import companion
from tests.cli.test_sweep import BASE, CHOSEN, FEW, FORMATS


@pytest.mark.parametrize("suffix", FORMATS)
def test_merged_shards_are_the_same_file(tmp_path, suffix, invoke):
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    few = ["--vary", "adc.bits=4..8", "--vary", "operation_unit.rows=4,8,16", "--vary",
           "precision.weight_bits=1..3"]  # fmt: skip
    whole, joined = tmp_path / f"whole{suffix}", tmp_path / f"joined{suffix}"
    assert invoke("sweep", *BASE, *few, "-o", str(whole)).exit_code == 0
    shards = [tmp_path / f"{i}{suffix}" for i in (1, 2, 3)]
    for i, shard in enumerate(shards):
        done = invoke("sweep", *BASE, *few, "-o", str(shard), "--shard", f"{i + 1}/3")
        assert done.exit_code == 0, done.stderr
    done = invoke("merge", *map(str, reversed(shards)), "-o", str(joined))
    assert done.exit_code == 0, done.stderr
    assert joined.read_bytes() == whole.read_bytes()
    about = [json.loads(companion(path).read_text()) for path in (joined, whole)]
    assert about[0]["rows"] == about[1]["rows"] > 0
    done = invoke("merge", str(shards[0]), str(shards[2]), "-o", str(tmp_path / f"new{suffix}"))
    assert done.exit_code == 2
    assert "missing: 2" in done.stderr
    assert "again" in invoke("merge", str(shards[0]), str(shards[0]), "-o", str(joined),
                          "--force").stderr  # fmt: skip


@pytest.mark.parametrize("best", [[], ["--sort", "energy_j", "--top", "2"]])
def test_shards_without_a_row_are_merged_like_others(tmp_path, invoke, best):
    few = ["--vary", "precision.weight_bits=1,16", "--vary", "adc.energy=1 pJ,2 pJ", *best]
    shards, whole = [str(tmp_path / f"{i}.npz") for i in (1, 2)], tmp_path / "whole.npz"
    for i, shard in enumerate(shards):
        done = invoke("sweep", *BASE, *few, "-o", shard, "--shard", f"{i + 1}/2")
        assert done.exit_code == 0, done.stderr
    assert invoke("merge", *shards, "-o", str(tmp_path / "joined.npz")).exit_code == 0
    assert invoke("sweep", *BASE, *few, "-o", str(whole)).exit_code == 0
    assert (tmp_path / "joined.npz").read_bytes() == whole.read_bytes()


@pytest.mark.parametrize("chosen", CHOSEN)
@pytest.mark.parametrize("suffix", FORMATS)
def test_merged_fronts_are_the_front_of_the_whole(tmp_path, suffix, chosen, invoke):
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    whole, joined = tmp_path / f"whole{suffix}", tmp_path / f"joined{suffix}"
    asked = [*BASE, "-W", "convnet-cifar10", *FEW, *chosen]  # cut inside of both networks
    assert invoke("sweep", *asked, "-o", str(whole)).exit_code == 0
    shards = [tmp_path / f"{i}{suffix}" for i in (1, 2, 3)]
    for i, shard in enumerate(shards):
        done = invoke("sweep", *asked, "-o", str(shard), "--shard", f"{i + 1}/3")
        assert done.exit_code == 0, done.stderr
    done = invoke("merge", *map(str, shards), "-o", str(joined))
    assert done.exit_code == 0, done.stderr
    assert joined.read_bytes() == whole.read_bytes()
    about = [json.loads(companion(path).read_text()) for path in (joined, whole)]
    assert about[0]["rows"] == about[1]["rows"] > 0
    if suffix == ".csv" and "--pareto" in chosen:
        assert all(f",{name}," in whole.read_text() for name in ("lenet5", "convnet-cifar10"))


def test_shards_of_a_front_keep_what_joins_them(tmp_path, invoke):
    done = invoke("sweep", *BASE, *FEW, *CHOSEN[0], "-o", str(tmp_path / "x.csv"), "--shard", "1/2",
               "--columns", "adc.bits,energy_j")  # fmt: skip
    assert done.exit_code == 2
    assert "--columns: has to name latency_s" in done.stderr
    done = invoke("sweep", *BASE, "-W", "vgg16", *FEW, *CHOSEN[0], "-o", str(tmp_path / "x.csv"),
                  "--shard", "1/2", "--columns", "energy_j,latency_s")  # fmt: skip
    assert "--columns: has to name workload" in done.stderr


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_shard_that_is_not_what_it_was_is_not_joined(tmp_path, suffix, invoke):
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    shards = [tmp_path / f"{i}{suffix}" for i in (1, 2)]
    few = ["--vary", "adc.bits=4..8", "--columns", "adc.bits,energy_j"]
    for i, shard in enumerate(shards):
        invoke("sweep", *BASE, *few, "-o", str(shard), "--shard", f"{i + 1}/2")
    whole, about = shards[0].read_bytes(), companion(shards[0]).read_text()
    merge = ["merge", *map(str, shards), "-o", str(tmp_path / f"all{suffix}")]
    for content in (whole[:-8], b"", whole + whole, b"x" * len(whole)):
        shards[0].write_bytes(content)
        done = invoke(*merge)
        assert done.exit_code == 2
        assert f"1{suffix}: has changed since it was written; --shard 1/2" in done.stderr
    shards[0].unlink()
    assert f"1{suffix}: there is no such file" in invoke(*merge).stderr
    shards[0].write_bytes(whole)
    companion(shards[0]).write_text(about.replace('"impossible"', '"possible"'))
    assert "is no shard of a sweep" in invoke(*merge).stderr
    assert not list(tmp_path.glob("all*"))
    companion(shards[0]).write_text(about)
    assert invoke(*merge).exit_code == 0
