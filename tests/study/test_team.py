"""Threads that take pieces one after the other: each is done once, and results are in order."""

import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recost.study.team import Team


@settings(max_examples=40, deadline=None)
@given(
    pauses=st.lists(st.sampled_from([0.0, 0.0, 1e-4, 2e-3]), max_size=30),
    threads=st.integers(2, 5),
    window=st.integers(1, 8),
    slow=st.booleans(),
)
def test_results_are_in_order_and_no_more_are_begun_than_may_be(pauses, threads, window, slow):
    lock, begun, asked = threading.Lock(), [], [0]

    def work(number):
        with lock:
            begun.append(number)
            assert len(begun) - asked[0] <= window + 1  # of which one may just be given
        time.sleep(pauses[number])
        return number, threading.get_ident()

    found = []
    for number, _ in Team(work, iter(range(len(pauses))), window).results(threads, lambda: None):
        found.append(number)
        time.sleep(1e-3 if slow else 0.0)
        asked[0] += 1
    assert found == sorted(begun) == list(range(len(pauses)))


def test_the_thread_that_asks_is_one_of_them():
    """Two threads meet in pairs of pieces, which one of them alone would never finish."""
    meeting = threading.Barrier(2, timeout=10.0)

    def work(number):
        meeting.wait()
        return number, threading.get_ident()

    done = dict(Team(work, iter(range(8)), 8).results(2, lambda: None))
    assert threading.get_ident() in done.values()
    assert len(set(done.values())) == 2


@pytest.mark.parametrize("threads", [2, 4])
def test_what_a_piece_raises_is_raised_when_its_turn_comes(threads):
    def work(number):
        if number == 5:
            raise ValueError(number)
        return number

    results, found = Team(work, iter(range(100)), 20).results(threads, lambda: None), []
    with pytest.raises(ValueError, match="5"):
        found.extend(results)
    assert found == [0, 1, 2, 3, 4]


def test_nobody_goes_on_when_enough_was_seen():
    before, done = threading.active_count(), []

    def work(number):
        done.append(number)
        return number

    results = Team(work, iter(range(10**9)), 6).results(3, lambda: None)
    assert [next(results), next(results)] == [0, 1]
    results.close()
    assert threading.active_count() == before
    assert len(done) <= 2 + 6


def test_ctrl_c_in_the_thread_that_asks_is_not_put_off():
    main = threading.get_ident()

    def work(number):
        if threading.get_ident() == main:
            raise KeyboardInterrupt
        time.sleep(1e-3)
        return number

    with pytest.raises(KeyboardInterrupt):
        list(Team(work, iter(range(10**9)), 6).results(2, lambda: None))


def test_threads_are_made_ready_but_for_the_one_that_asks():
    ready = []

    def work(number):
        time.sleep(1e-3)
        return number

    list(Team(work, iter(range(9)), 9).results(3, lambda: ready.append(threading.get_ident())))
    assert threading.get_ident() not in ready
    assert len(set(ready)) == len(ready) <= 2
