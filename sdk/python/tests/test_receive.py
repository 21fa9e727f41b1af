import asyncio
from typing import Any

from postern import Message, Permanent, ReceiveOptions
from postern.names import beside

from .redis_case import RedisCase, soon
from .shared import cases


class ReceiveTest(RedisCase):
    async def test_an_event_is_handled_and_finished(self) -> None:
        seen: list[Message] = []
        done = asyncio.Event()

        async def handle(message: Message) -> None:
            seen.append(message)
            done.set()

        await self.say("e1")
        self.receive(handle)
        await soon(done)
        await self.all_finished()
        self.assertEqual([(m.content, m.attempt) for m in seen], [("e1", 1)])
        self.assertEqual(await self.letters(), [])

    async def test_one_that_comes_while_waiting_wakes_us(self) -> None:
        done = asyncio.Event()

        async def handle(message: Message) -> None:
            done.set()

        self.receive(handle)

        async def listening() -> bool:
            return bool(await self.redis.exists(self.names.inbound_stream))

        await self.eventually("the group is made", listening)
        await self.say("e1")
        await soon(done)

    async def test_only_what_is_asked_for(self) -> None:
        seen: list[str] = []

        async def handle(message: Message) -> None:
            seen.append(message.event["event_id"])

        await self.say("e1", event="status", state="connected")
        await self.say("e2")
        self.receive(handle, ReceiveOptions(events=["message"]))

        async def handled() -> bool:
            return bool(seen)

        await self.eventually("the message is handled", handled)
        await self.all_finished()
        self.assertEqual(seen, ["e2"])

    async def test_one_that_fails_is_tried_again_and_then_a_dead_letter(self) -> None:
        attempts: list[int] = []

        async def handle(message: Message) -> None:
            attempts.append(message.attempt)
            raise RuntimeError("no luck")

        id = await self.say("e1")
        self.receive(handle, ReceiveOptions(max_attempts=3, backoff=0.01))

        async def dead() -> bool:
            return len(await self.letters()) == 1

        await self.eventually("it is a dead letter", dead)
        await self.all_finished()
        self.assertEqual(attempts, [1, 2, 3])
        letter = (await self.letters())[0]
        self.assertEqual(letter["original_msg_id"], id.encode())
        self.assertEqual((letter["code"], letter["error"], letter["attempt"]), (b"internal", b"no luck", b"3"))

    async def test_dead_letters_are_those_of_every_sdk(self) -> None:
        table = cases("letters")
        for case in table["letters"]:
            with self.subTest(case["what"]):
                before = len(await self.letters())

                async def handle(message: Message, why: str = case.get("permanent", "")) -> None:
                    raise Permanent(why)

                stop = self.receive(handle)
                id = await self.add({"data": case["data"], **case["entry"]})

                async def dead() -> bool:
                    return len(await self.letters()) > before

                await self.eventually("it is a dead letter", dead)
                stop.set()
                letter = (await self.letters())[-1]
                self.assertEqual(list(letter), table["fields"])
                want = {
                    "original_stream": self.names.inbound_stream,
                    "original_msg_id": id,
                    "data": case["data"],
                    **case["letter"],
                }
                for name, value in want.items():
                    self.assertEqual(letter[name].decode(), value, name)

    async def test_one_conversation_at_a_time_in_order_over_two_workers(self) -> None:
        seen: dict[str, list[str]] = {"a": [], "b": []}
        inside: dict[str, int] = {"a": 0, "b": 0}
        most = 0

        async def handle(message: Message) -> None:
            nonlocal most
            channel = message.event["channel_id"]
            inside[channel] += 1
            most = max(most, inside[channel])
            await asyncio.sleep(0)
            seen[channel].append(message.content)
            inside[channel] -= 1

        for n in range(20):
            await self.say(f"a{n}", "a")
            await self.say(f"b{n}", "b")
        self.receive(handle)
        self.receive(handle, client=self.connect())

        async def handled() -> bool:
            return len(seen["a"]) + len(seen["b"]) == 40

        await self.eventually("all are handled", handled)
        self.assertEqual(seen, {c: [f"{c}{n}" for n in range(20)] for c in ("a", "b")})
        self.assertEqual(most, 1)

    async def test_who_loses_the_conversation_is_cancelled(self) -> None:
        begun, cancelled = asyncio.Event(), asyncio.Event()

        async def handle(message: Message) -> None:
            begun.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancelled.set()
                raise

        await self.say("e1")
        self.receive(handle, ReceiveOptions(lease=1))
        await soon(begun)
        holder = beside(self.names.inbound_stream, f"holder:{self.client.group}")
        await self.redis.delete(holder)  # as another worker's take would after the lease
        await soon(cancelled)
        self.assertEqual(await self.unfinished(), 1)

    async def test_what_a_stop_interrupts_is_given_back_uncounted(self) -> None:
        begun, again = asyncio.Event(), asyncio.Event()
        attempts: list[int] = []

        async def wait_for_ever(message: Message) -> None:
            begun.set()
            await asyncio.Event().wait()

        async def handle(message: Message) -> None:
            attempts.append(message.attempt)
            again.set()

        await self.say("e1")
        stop = self.receive(wait_for_ever, ReceiveOptions(drain=0))
        await soon(begun)
        stop.set()
        self.receive(handle, client=self.connect())
        await soon(again)
        self.assertEqual(attempts, [1])

    async def test_a_stop_waits_for_the_handler(self) -> None:
        begun, go_on = asyncio.Event(), asyncio.Event()

        async def handle(message: Message) -> None:
            begun.set()
            await go_on.wait()

        await self.say("e1")
        stop = asyncio.Event()
        receiving = asyncio.create_task(self.client.receive(handle, stop=stop))
        await soon(begun)
        stop.set()
        done, _ = await asyncio.wait([receiving], timeout=0.05)
        self.assertFalse(done)
        go_on.set()
        await asyncio.wait_for(receiving, 10)
        self.assertEqual(await self.unfinished(), 0)

    def test_options_that_make_no_sense(self) -> None:
        nonsense: list[dict[str, Any]] = [
            {"concurrency": 0},
            {"max_attempts": 0},
            {"backoff": 2, "max_backoff": 1},
            {"lease": 0.5},
            {"min_idle": 1},
            {"drain": -1},
        ]
        for options in nonsense:
            with self.subTest(options), self.assertRaises(ValueError):
                ReceiveOptions(**options)
