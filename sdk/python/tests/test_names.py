import unittest

from postern import Names

from .shared import cases


class NamesTest(unittest.TestCase):
    def test_good(self) -> None:
        for case in cases("names")["good"]:
            with self.subTest(case["settings"]):
                names, platform = Names(**case["settings"]), case["platform"]
                self.assertEqual(names.outbound(platform), case["outbound"])
                self.assertEqual(names.group(platform), case["group"])
                self.assertEqual(names.platform(platform), case["described"])
                self.assertEqual(names.inbound_stream, case["inbound"])
                self.assertEqual(names.worker_group, case["workers"])

    def test_bad(self) -> None:
        for settings in cases("names")["bad_settings"]:
            with self.subTest(settings), self.assertRaises(ValueError):
                Names(**settings)
        for platform in cases("names")["bad_platforms"]:
            with self.subTest(platform), self.assertRaises(ValueError):
                Names().outbound(platform)
