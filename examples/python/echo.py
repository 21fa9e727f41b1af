"""Answers every message with itself.

    POSTERN_REDIS_URL=redis://127.0.0.1:6379/0 python3 echo.py
"""

import asyncio
import logging
import os
import signal

import postern


async def handle(message: postern.Message) -> None:
    await message.reply(f"echo: {message.content}")


async def main() -> None:
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    url = os.environ.get("POSTERN_REDIS_URL", postern.DEFAULT_URL)
    async with postern.Client(url) as client:
        await client.receive(handle, postern.ReceiveOptions(events=["message"]), stop=stop)


logging.basicConfig(level=logging.INFO)
asyncio.run(main())
