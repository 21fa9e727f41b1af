import asyncio
from collections.abc import AsyncIterator

from postern import Address, Message, StreamEmpty, StreamOptions

from .redis_case import RedisCase, soon

TO = Address(platform="chat", channel_id="lobby")


class StreamTest(RedisCase):
    async def test_the_final_text_is_exact_and_the_last(self) -> None:
        async with self.client.stream(TO, StreamOptions(id="s", every=0.01)) as stream:
            stream.write("Once")

            async def begun() -> bool:
                return len(await self.published()) == 1

            await self.eventually("the first token is there at once", begun)
            for token in (" upon", " a", " time"):
                stream.write(token)
        snapshots = await self.published()
        self.assertEqual(snapshots[0]["text"], "Once")
        self.assertEqual(snapshots[-1]["text"], "Once upon a time")
        self.assertEqual([s.get("final", False) for s in snapshots], [False] * (len(snapshots) - 1) + [True])
        numbers = [s["seq"] for s in snapshots]
        self.assertEqual(numbers, sorted(set(numbers)))
        self.assertGreater(numbers[0], 1_600_000_000_000)
        for snapshot in snapshots:
            self.assertEqual((snapshot["type"], snapshot["stream_id"], snapshot["channel_id"]), ("stream", "s", "lobby"))

    async def test_many_tokens_are_few_snapshots(self) -> None:
        async with self.client.stream(TO) as stream:
            for n in range(1000):
                stream.write(f"{n} ")
                await asyncio.sleep(0)
        snapshots = await self.published()
        self.assertLess(len(snapshots), 10)
        self.assertEqual(snapshots[-1]["text"], "".join(f"{n} " for n in range(1000)))

    async def test_an_error_leaves_it_unfinished(self) -> None:
        with self.assertRaises(RuntimeError):
            async with self.client.stream(TO) as stream:
                stream.write("Once")

                async def begun() -> bool:
                    return len(await self.published()) == 1

                await self.eventually("the first token is there", begun)
                raise RuntimeError("cut")
        self.assertEqual([s.get("final", False) for s in await self.published()], [False])
        with self.assertRaises(ValueError):
            stream.write("more")

    async def test_nothing_written_is_no_message(self) -> None:
        with self.assertRaises(StreamEmpty):
            async with self.client.stream(TO):
                pass
        self.assertEqual(await self.published(), [])

    async def test_too_long_for_an_envelope(self) -> None:
        stream = self.client.stream(TO)
        stream.write("x" * (1 << 20))
        with self.assertRaisesRegex(ValueError, "1048576"):
            await stream.close()

    async def test_a_handler_that_runs_again_goes_on_with_the_same_message(self) -> None:
        done = asyncio.Event()

        async def tokens(attempt: int) -> AsyncIterator[str]:
            yield f"attempt {attempt}"
            if attempt == 1:
                await asyncio.sleep(0.05)
                raise RuntimeError("cut")

        async def handle(message: Message) -> None:
            async with message.stream() as stream:
                async for token in tokens(message.attempt):
                    stream.write(token)
            done.set()

        await self.say("e1")
        self.receive(handle)
        await soon(done)
        snapshots = await self.published()
        self.assertEqual({s["stream_id"] for s in snapshots}, {f"re:{self.client.group}:e1:1"})
        self.assertEqual((snapshots[-1]["text"], snapshots[-1]["final"]), ("attempt 2", True))
        numbers = [s["seq"] for s in snapshots]
        self.assertEqual(numbers, sorted(set(numbers)))

    async def test_a_handler_leaves_none_open(self) -> None:
        streams = []

        async def handle(message: Message) -> None:
            streams.append(message.stream())

        await self.say("e1")
        self.receive(handle)

        async def opened() -> bool:
            return bool(streams)

        await self.eventually("the handler ran", opened)
        await self.all_finished()
        with self.assertRaises(ValueError):
            streams[0].write("late")
