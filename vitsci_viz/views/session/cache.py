"""Keep what was computed: once per key, whoever asks, however many ask at once."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class OnceCache(Generic[Value]):
    """A least-recently-used store that computes each key in one thread while others wait.

    Parameters
    ----------
    capacity : int
        Most that is kept: values, or what `weigh` makes of them; the newest value is kept whatever it weighs.
    weigh : callable, optional
        Weight of a value, such as its bytes; 1 without it.
    """

    def __init__(self, capacity: int, *, weigh: Callable[[Value], int] | None = None) -> None:
        self._capacity, self._weigh = capacity, weigh
        self._values: OrderedDict[Hashable, Value] = OrderedDict()
        self._locks: dict[Hashable, threading.Lock] = {}
        self._guard = threading.Lock()

    def __contains__(self, key: Hashable) -> bool:
        with self._guard:
            return key in self._values

    def get(self, key: Hashable, compute: Callable[[], Value]) -> Value:
        """Return the value of a key, computing it where it is not kept.

        A computation that raises (a cancel, bad input) keeps nothing and frees the key.
        """
        with self._guard:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            with self._guard:
                if key in self._values:
                    return self._values[key]
            try:
                value = compute()
            finally:
                with self._guard:
                    self._locks.pop(key, None)
            with self._guard:
                self._values[key] = value
                while len(self._values) > 1 and self._weight() > self._capacity:
                    self._values.popitem(last=False)
            return value

    def _weight(self) -> int:
        return len(self._values) if self._weigh is None else sum(map(self._weigh, self._values.values()))

    def peek(self, key: Hashable) -> Value | None:
        """Return the value of a key where it is kept."""
        with self._guard:
            return self._values.get(key)
