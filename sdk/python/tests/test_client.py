import asyncio

from redis.asyncio import Redis

from postern import Address, BacklogError, Client, Envelope, NoAnswer, Platform, compose
from postern.codec import encode

from .redis_case import RedisCase, redis_url

TO = Address(platform="chat", channel_id="lobby")


class ClientTest(RedisCase):
    async def test_every_type_is_published_as_it_is(self) -> None:
        envelopes: list[Envelope] = [
            compose.text(TO, "hello"),
            compose.file(TO, {"filename": "a.txt", "data": b"\x00\xff"}, "here"),
            compose.edit(TO, "m1", "hi"),
            compose.delete(TO, "m1"),
            compose.react(TO, "m1", "👍"),
            compose.typing(TO),
            compose.presence("chat", "online", "chess"),
        ]
        for envelope in envelopes:
            await self.client.publish(envelope)
        self.assertEqual(await self.published(), envelopes)
        _, fields = (await self.redis.xrange(self.names.outbound("chat")))[0]
        self.assertEqual(set(fields), {b"data", b"ts"})

    async def test_a_trace_is_beside_the_envelope_too(self) -> None:
        envelope = compose.text(TO, "hello")
        envelope["trace_id"] = "t"
        await self.client.publish(envelope)
        _, fields = (await self.redis.xrange(self.names.outbound("chat")))[0]
        self.assertEqual(fields[b"trace_id"], b"t")

    async def test_what_names_no_platform_is_refused(self) -> None:
        with self.assertRaisesRegex(ValueError, "platform name ''"):
            await self.client.publish({"type": "message", "channel_id": "lobby", "text": "x"})

    async def test_what_is_too_big_is_refused(self) -> None:
        with self.assertRaisesRegex(ValueError, "media store"):
            await self.client.publish(compose.text(TO, "x" * (1 << 20)))

    async def test_a_backlog_at_its_cap_takes_nothing(self) -> None:
        key = self.names.platform("chat")
        await self.redis.hset(key, mapping={"kind": "webchat", "backlog_cap": "2", "paused": "1"})
        await self.client.publish(compose.text(TO, "1"))
        await self.client.publish(compose.text(TO, "2"))
        with self.assertRaisesRegex(BacklogError, "postern resume chat") as raised:
            await self.client.publish(compose.text(TO, "3"))
        error = raised.exception
        self.assertEqual((error.waiting, error.cap, error.paused), (2, 2, True))
        self.assertEqual(len(await self.published()), 2)

    async def test_what_is_known_of_a_platform(self) -> None:
        self.assertEqual(await self.client.platform("other"), Platform("other"))
        told = {"kind": "webchat", "state": "ready", "node": "gw-1", "capabilities": '{"a": 1}'}
        await self.redis.hset(self.names.platform("chat"), mapping=told)
        self.assertEqual(
            await self.client.platform("chat"),
            Platform("chat", True, "webchat", "ready", False, 0, "gw-1", {"a": 1}),
        )

    async def test_nobody_answers(self) -> None:
        with self.assertRaisesRegex(NoAnswer, "is a gateway running"):
            await self.client.publish_and_wait(compose.text(TO, "x"), timeout=0.05)
        with self.assertRaises(TimeoutError):
            await self.client.wait(f"{self.names.namespace}:reply:x", timeout=0.05)

    async def test_a_receipt_can_be_had_later(self) -> None:
        receipts = f"{self.names.namespace}:reply:order-17"
        receipt = {"entry_id": "1-0", "status": "delivered", "message_ids": ["m"]}
        await self.redis.rpush(receipts, encode(receipt))
        self.assertEqual(await self.client.wait(receipts), receipt)
        self.assertEqual(await self.redis.exists(receipts), 0)

    async def test_a_cancelled_wait_leaves_the_connections_in_order(self) -> None:
        for _ in range(20):
            task = asyncio.create_task(self.client.wait(f"{self.names.namespace}:reply:never"))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            self.assertEqual(await self.client.link.run(self.redis.echo(b"x")), b"x")

    async def test_a_client_that_decodes_is_refused(self) -> None:
        redis = Redis.from_url(redis_url(), decode_responses=True)
        with self.assertRaisesRegex(ValueError, "decode_responses"):
            Client(redis=redis)
        await redis.close()

    async def test_names_that_are_none(self) -> None:
        with self.assertRaisesRegex(ValueError, "group"):
            Client(group="a b")
