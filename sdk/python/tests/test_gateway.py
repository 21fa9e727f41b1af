"""What only a running gateway can answer."""

import asyncio
import json
import os
import unittest
import urllib.request

from postern import Address, Client, DeliveryError, Message, RPCError, Receipt, compose

from .redis_case import redis_url, soon

TO = Address(platform="hook", channel_id="lobby")

def post_event(event_id: str) -> None:
    """An inbound message, by the webhook platform's own door."""
    url = os.environ["TEST_HOOK_URL"]
    body = {"event": "message", "channel_id": "lobby", "user_id": "ann", "event_id": event_id, "content": "hi"}
    request = urllib.request.Request(
        url, json.dumps(body).encode(), {"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 202, answer.status

class GatewayTest(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        self.client = Client(redis_url())
        self.addAsyncCleanup(self.client.close)

    async def test_a_receipt(self) -> None:
        receipt = await self.client.publish_and_wait(compose.text(TO, "hello"))
        self.assertEqual((receipt["status"], len(receipt["message_ids"])), ("delivered", 1))

    async def test_many_receipts_at_once(self) -> None:
        texts = [compose.text(TO, f"at once {n}") for n in range(50)]
        receipts = await asyncio.gather(*map(self.client.publish_and_wait, texts))
        self.assertEqual({r["status"] for r in receipts}, {"delivered"})
        self.assertEqual(len({r["entry_id"] for r in receipts}), 50)

    async def test_a_dead_letter(self) -> None:
        with self.assertRaisesRegex(DeliveryError, "dead: invalid") as raised:
            await self.client.publish_and_wait(compose.text(TO, ""))
        self.assertEqual(raised.exception.receipt["status"], "dead")

    async def test_a_key_is_delivered_once(self) -> None:
        envelope = compose.text(TO, "once")
        envelope["message_key"] = "once"
        first = await self.client.publish_and_wait(envelope)
        second = await self.client.publish_and_wait(envelope)
        self.assertEqual(second["status"], "duplicate")
        self.assertEqual(first["message_ids"], second["message_ids"])

    async def test_calls(self) -> None:
        identity = await self.client.call("hook", "identity")
        self.assertEqual(identity["platform"], "hook")
        capabilities = await self.client.call("hook", "capabilities", {})
        self.assertIn("message", capabilities["types"])
        with self.assertRaises(RPCError) as raised:
            await self.client.call("hook", "identitee")
        self.assertEqual(raised.exception.fault["code"], "unknown_method")

    async def test_the_platform_is_described(self) -> None:
        platform = await self.client.platform("hook")
        self.assertEqual((platform.known, platform.kind, platform.node), (True, "webhook", "gw-1"))

    async def test_a_question_is_answered(self) -> None:
        receipts: list[Receipt] = []
        done, stop = asyncio.Event(), asyncio.Event()

        async def handle(message: Message) -> None:
            if message.event["event"] == "message":
                receipts.append(await message.reply_and_wait({"type": "message", "text": f"echo: {message.content}"}))
                done.set()

        receiving = asyncio.create_task(self.client.receive(handle, stop=stop))
        await asyncio.to_thread(post_event, "q1")
        await soon(done)
        stop.set()
        await receiving
        self.assertEqual(receipts[0]["status"], "delivered")
        self.assertEqual(receipts[0]["message_key"], "re:postern:workers:q1:1")
