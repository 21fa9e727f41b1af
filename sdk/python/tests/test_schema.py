"""Holds the typed dictionaries against the schemas that the gateway has."""

import typing
import unittest
from typing import Any

from postern import envelope, event, receipt

from .shared import schema


def members(dictionary: Any) -> dict[str, Any]:
    """The fields of a TypedDict and their types, Required and the like taken off."""
    return typing.get_type_hints(dictionary)


def choices(hint: Any) -> list[str]:
    return sorted(typing.get_args(hint))


class SchemaTest(unittest.TestCase):
    def test_outbound(self) -> None:
        described = schema("outbound")
        types: dict[str, Any] = {}
        fields: dict[str, Any] = {}
        for one in typing.get_args(envelope.Envelope):
            hints = members(one)
            types[typing.get_args(hints["type"])[0]] = one
            fields.update(hints)
        self.assertEqual(sorted(types), sorted(described["properties"]["type"]["enum"]))
        self.assertEqual(sorted(fields), sorted(described["properties"]))
        for name, field in described["properties"].items():
            if "enum" in field and name != "type":
                with self.subTest(name):
                    self.assertEqual(choices(fields[name]), sorted(field["enum"]))
        for rule in described["allOf"]:
            name = rule["if"]["properties"]["type"]["const"]
            needs = {need for part in rule["then"]["allOf"] for need in part.get("required", [])}
            with self.subTest(name):
                self.assertEqual(types[name].__required_keys__ - {"type"}, needs)

    def test_parts_of_an_envelope(self) -> None:
        fields = schema("outbound")["properties"]
        self.assertEqual(
            sorted(members(envelope.Media)), sorted(fields["attachments"]["items"]["properties"])
        )
        flat = fields["view"]["anyOf"][1]
        self.assertEqual(sorted(members(envelope.Button)), sorted(flat["items"]["properties"]))

    def test_event(self) -> None:
        self.hold(event.Event, schema("event"))
        fields = schema("event")["properties"]
        self.hold(event.Address, fields["address"])
        self.hold(event.Mention, fields["mentions"]["items"])
        self.hold(event.Attachment, fields["attachments"]["items"])

    def test_receipt_and_reply(self) -> None:
        self.hold(receipt.Receipt, schema("receipt"))
        self.hold(receipt.Reply, schema("reply"))
        self.hold(receipt.Fault, schema("receipt")["properties"]["error"])

    def hold(self, dictionary: Any, described: Any) -> None:
        """The same fields, the same ones required, the same choices."""
        hints = members(dictionary)
        self.assertEqual(sorted(hints), sorted(described["properties"]))
        self.assertEqual(dictionary.__required_keys__, set(described.get("required", [])))
        for name, field in described["properties"].items():
            if isinstance(field, dict) and "enum" in field:
                with self.subTest(name):
                    self.assertEqual(choices(hints[name]), sorted(field["enum"]))
