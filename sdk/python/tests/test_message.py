import asyncio
from typing import Any, cast

from postern import Client, Message
from postern.event import Event

from .redis_case import RedisCase, soon
from .shared import cases


class MessageTest(RedisCase):
    async def test_keys_are_those_of_every_sdk(self) -> None:
        for case in cases("keys")["keys"]:
            with self.subTest(case["event_id"]):
                client = Client(group=case["group"])
                message = Message(client, cast(Event, {"event_id": case["event_id"]}), "1-0", 1)
                self.assertEqual(message.key(case["name"]), case["key"])
                await client.close()

    async def test_answers_go_where_the_question_came_from(self) -> None:
        done = asyncio.Event()

        async def handle(message: Message) -> None:
            await message.typing()
            await message.reply("yes")
            await message.react("👍")
            await message.reply_with({"type": "presence", "status": "online"})
            await message.reply_with({"type": "message", "channel_id": "else", "text": "no", "message_key": "mine"})
            done.set()

        address = {"platform": "chat", "channel_id": "lobby", "thread_id": "th"}
        await self.say("e1", address=address, interaction_id="i1")
        self.receive(handle)
        await soon(done)
        key = f"re:{self.client.group}:e1:"
        to: dict[str, Any] = {**address, "trace_id": "t-e1"}
        self.assertEqual(
            await self.published(),
            [
                {"type": "typing", **to, "message_key": key + "1"},
                {"type": "message", "text": "yes", **to, "message_key": key + "2", "interaction_id": "i1"},
                {"type": "reaction", "message_id": "m-e1", "emoji": "👍", **to, "message_key": key + "3"},
                {"type": "presence", "status": "online", "platform": "chat", "trace_id": "t-e1", "message_key": key + "4"},
                {"type": "message", "platform": "chat", "channel_id": "else", "text": "no", "message_key": "mine", "trace_id": "t-e1", "interaction_id": "i1"},
            ],
        )

    async def test_a_second_attempt_says_the_same_again(self) -> None:
        done = asyncio.Event()

        async def handle(message: Message) -> None:
            await message.reply("yes")
            if message.attempt == 1:
                raise RuntimeError("too early")
            done.set()

        await self.say("e1")
        self.receive(handle)
        await soon(done)
        first, second = await self.published()
        self.assertEqual(first, second)
