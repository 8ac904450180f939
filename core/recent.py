"""What a process remembers of what it was last asked for."""

from collections import OrderedDict
from collections.abc import Hashable
from threading import RLock


class Recent:
    """Values by key, in so much room, for all threads of a process: what was longest not asked for goes first."""

    def __init__(self):
        self._kept: OrderedDict[Hashable, tuple[object, int]] = OrderedDict()
        self._lock = RLock()
        self.taken = 0

    def get(self, key: Hashable):
        """The value; None where it is not remembered."""
        with self._lock:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key][0]

    def remember(self, key: Hashable, value, size: int, room: int):
        """Keep a value of this `size`, and let others go until all take no more than `room`."""
        with self._lock:
            self._drop(key)
            self._kept[key] = value, size
            self.taken += size
            while self.taken > room:
                self._drop(next(iter(self._kept)))

    def clear(self):
        with self._lock:
            self._kept.clear()
            self.taken = 0

    def _drop(self, key):
        _value, size = self._kept.pop(key, (None, 0))
        self.taken -= size
