import threading

from vitsci_viz.views.session.latest import Latest


def test_requests_that_were_overtaken_are_dropped_and_the_last_one_is_answered():
    started, go, done = threading.Event(), threading.Event(), threading.Event()
    answered = []

    def work(request):
        started.set()
        go.wait(10)
        return request * 2

    def finished(request, result, error):
        answered.append((request, result, error))
        if request == 9:
            done.set()

    latest = Latest(work, finished)
    latest.submit(1)
    assert started.wait(10)
    for request in range(2, 10):
        latest.submit(request)
    assert latest.has_newer
    go.set()
    assert done.wait(10)
    assert answered == [(1, 2, None), (9, 18, None)]
    latest.close()


def test_a_failure_is_handed_on_and_the_next_request_is_answered():
    answered, each = [], threading.Semaphore(0)

    def finished(request, result, error):
        answered.append((request, result, type(error)))
        each.release()

    latest = Latest(lambda request: 1 / request, finished)
    for request in (0, 4):
        latest.submit(request)
        assert each.acquire(timeout=10)
    assert answered == [(0, None, ZeroDivisionError), (4, 0.25, type(None))]
    latest.close()


def test_nothing_is_answered_after_closing():
    latest = Latest(lambda request: request, lambda *answer: None)
    latest.close()
    latest.submit(1)
    assert latest._thread is None
    assert latest.has_newer
