"""Answers in two messages, and waits in between until GATE_URL answers."""

import asyncio
import os
import signal
import urllib.request

import postern


async def handle(message: postern.Message) -> None:
    await message.reply(f"thinking about {message.content}")
    await asyncio.to_thread(urllib.request.urlopen, os.environ["GATE_URL"])
    await message.reply(f"the answer to {message.content}")


async def main() -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with postern.Client(os.environ["POSTERN_REDIS_URL"]) as client:
        options = postern.ReceiveOptions(events=["message"], lease=1)
        await client.receive(handle, options, stop=stop)


asyncio.run(main())
