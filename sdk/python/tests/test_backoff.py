"""Pauses stay what they are, however long something fails."""

import unittest

from postern.backoff import Backoff


class BackoffTest(unittest.TestCase):
    def test_it_doubles_up_to_the_most_and_begins_anew(self) -> None:
        trouble = Backoff(0.05, 2.0)
        for whole in (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0):
            pause = trouble.next()
            self.assertTrue(whole / 2 <= pause <= whole, f"{pause} of {whole}")
        trouble.reset()
        self.assertLessEqual(trouble.next(), 0.05)

    def test_a_day_of_failures_is_no_other(self) -> None:
        trouble = Backoff(0.05, 2.0, 100_000)
        self.assertTrue(1.0 <= trouble.next() <= 2.0)
