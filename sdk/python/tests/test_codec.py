import base64
import json
import unittest
from typing import Any

from postern.codec import decode, encode

from .shared import GOLDEN


def as_json(value: Any) -> Any:
    """The value as JSON would have it."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {key: as_json(member) for key, member in value.items()}
    if isinstance(value, list):
        return [as_json(member) for member in value]
    return value


class CodecTest(unittest.TestCase):
    def test_golden_files_come_back_byte_for_byte(self) -> None:
        files = sorted(GOLDEN.glob("*.msgpack"))
        self.assertTrue(files)
        for file in files:
            with self.subTest(file.name):
                self.assertEqual(encode(decode(file.read_bytes())), file.read_bytes())

    def test_both_encodings_say_the_same(self) -> None:
        for file in sorted(GOLDEN.glob("*.msgpack")):
            text = file.with_suffix(".json").read_bytes()
            with self.subTest(file.name):
                self.assertEqual(as_json(decode(file.read_bytes())), decode(b" \n" + text))

    def test_what_is_neither_is_refused(self) -> None:
        for data in (b"", b"\xc1", b"{", b"\x81"):
            with self.subTest(data), self.assertRaises(ValueError):
                decode(data)

    def test_a_field_is_what_json_says(self) -> None:
        self.assertEqual(decode(json.dumps({"text": "grün"}).encode()), {"text": "grün"})
