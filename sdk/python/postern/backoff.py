"""Pauses that double."""

import random


class Backoff:
    """A pause, in seconds, that doubles with each failure in a row. Half of it is
    left to chance: workers that failed together should not come back together."""

    def __init__(self, least: float, most: float, tries: int = 0) -> None:
        self.tries = tries
        self._least = least
        self._most = most

    def next(self) -> float:
        pause = min(self._most, self._least * 2.0 ** min(self.tries, 60))
        self.tries += 1
        return random.uniform(pause / 2, pause)

    def reset(self) -> None:
        self.tries = 0
