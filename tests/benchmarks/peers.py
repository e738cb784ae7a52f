"""Speed beside a peer's, in the same run: what a benchmark prints is a ratio.

With RECOST_BENCH_SMALL set a benchmark does a little of everything once: whether it runs, and
whether both sides come to the same, is all that can be seen then.
"""

import os
import statistics
import sys
import time

SMALL = bool(os.environ.get("RECOST_BENCH_SMALL"))


def sized(many, few):
    """How many of something: `few` where a benchmark has but to run."""
    return few if SMALL else many


def seconds(function, rounds=5):
    """Median seconds of a call, after one that warms caches and compiles."""
    function()
    times = []
    for _ in range(sized(rounds, 1)):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def compare(own, peer, rounds=5, clock=time.perf_counter):
    """Median seconds of both, alternating, so that a busy machine slows them alike.

    What runs on one core may be timed by `time.process_time`: a machine that is busy with
    something else does not show in it.
    """
    own(), peer()
    times = []
    for _ in range(sized(rounds, 1)):
        for function in (own, peer):
            start = clock()
            function()
            times.append(clock() - start)
    return statistics.median(times[::2]), statistics.median(times[1::2])


def report(capsys, benchmark, line, **numbers):
    """Print a line, whatever pytest captures, and keep its numbers in the benchmark's record."""
    with capsys.disabled():
        sys.stdout.write(f"\n  {line}")
        sys.stdout.flush()
    benchmark.extra_info.update(numbers)
