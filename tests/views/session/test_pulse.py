import threading

from vitsci_viz.views.session.pulse import Pulse


def test_what_is_seen_is_shown_again_and_again():
    seen, enough = [], threading.Event()

    def show(value):
        seen.append(value)
        if len(seen) == 3:
            enough.set()

    numbers = iter(range(1000))
    pulse = Pulse(lambda: next(numbers), show, lambda function: function(), every_s=0.001)
    pulse.start()
    assert enough.wait(10)
    pulse.close()
    assert seen[:3] == [0, 1, 2]


def test_a_look_waits_until_the_last_one_is_shown():
    posted, looks, has_posted = [], [], threading.Event()

    def post(function):
        posted.append(function)
        has_posted.set()

    pulse = Pulse(lambda: looks.append(1), lambda _: None, post, every_s=0.001)
    pulse.start()
    assert has_posted.wait(10)
    pulse.now()
    threading.Event().wait(0.05)
    assert len(looks) == 1
    has_posted.clear()
    posted[0]()
    assert has_posted.wait(10)
    pulse.close()


def test_a_failed_look_is_followed_by_another(caplog):
    looks, shown = [], threading.Event()

    def look():
        looks.append(1)
        if len(looks) == 1:
            raise OSError("half written")
        return "fine"

    pulse = Pulse(look, lambda value: shown.set(), lambda function: function(), every_s=0.001)
    pulse.start()
    assert shown.wait(10)
    pulse.close()
    assert "half written" in caplog.text


def test_nothing_is_shown_after_the_end():
    shown, posted = [], []
    pulse = Pulse(lambda: 1, shown.append, posted.append, every_s=0.001)
    pulse.start()
    while not posted:
        threading.Event().wait(0.001)
    pulse.close()
    posted[0]()
    assert shown == []
