import threading

import pytest

from vitsci_viz.errors import Cancelled
from vitsci_viz.views.session.cache import OnceCache


def test_threads_that_ask_at_once_share_one_computation():
    cache, calls, inside = OnceCache(4), [], threading.Event()
    go = threading.Event()

    def compute():
        calls.append(1)
        inside.set()
        go.wait(10)
        return object()

    found = []
    threads = [threading.Thread(target=lambda: found.append(cache.get("key", compute))) for _ in range(5)]
    for thread in threads:
        thread.start()
    assert inside.wait(10)
    go.set()
    for thread in threads:
        thread.join(10)
    assert len(calls) == 1
    assert len(found) == 5
    assert len(set(map(id, found))) == 1


def test_keys_do_not_wait_for_each_other():
    cache, go = OnceCache(4), threading.Event()
    slow = threading.Thread(target=lambda: cache.get("slow", lambda: go.wait(10)))
    slow.start()
    assert cache.get("quick", lambda: 7) == 7
    go.set()
    slow.join(10)


def test_a_cancelled_computation_leaves_the_key_free():
    cache = OnceCache(4)

    def cancelled():
        raise Cancelled

    with pytest.raises(Cancelled):
        cache.get("key", cancelled)
    assert "key" not in cache
    assert cache.get("key", lambda: 3) == 3


def test_threads_that_wait_for_a_failure_try_themselves():
    cache, order, first_in = OnceCache(4), [], threading.Event()
    go = threading.Event()

    def fail():
        order.append("fail")
        first_in.set()
        go.wait(10)
        raise Cancelled

    def first():
        with pytest.raises(Cancelled):
            cache.get("key", fail)

    threads = [threading.Thread(target=first)]
    threads[0].start()
    assert first_in.wait(10)
    threads.append(threading.Thread(target=lambda: order.append(cache.get("key", lambda: "made"))))
    threads[1].start()
    go.set()
    for thread in threads:
        thread.join(10)
    assert order == ["fail", "made"]


def test_the_value_used_least_recently_goes_first():
    cache = OnceCache(2)
    cache.get("a", lambda: 1)
    cache.get("b", lambda: 2)
    cache.get("a", lambda: 99)
    cache.get("c", lambda: 3)
    assert [key in cache for key in "abc"] == [True, False, True]
    assert cache.peek("b") is None
