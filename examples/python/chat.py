"""Answers every message with a model's words, as they come.

    OPENAI_BASE_URL=http://127.0.0.1:11434/v1 OPENAI_MODEL=llama3 python3 chat.py

Any OpenAI-compatible endpoint will do; OPENAI_API_KEY is sent if it is set.
"""

import asyncio
import json
import logging
import os
import signal
from collections.abc import AsyncIterator

import aiohttp
import postern

BASE_URL = os.environ.get("OPENAI_BASE_URL", "https://api.openai.com/v1")
MODEL = os.environ.get("OPENAI_MODEL", "gpt-4o-mini")
HEADERS = {"Authorization": f"Bearer {key}"} if (key := os.environ.get("OPENAI_API_KEY")) else {}


async def completion(http: aiohttp.ClientSession, question: str) -> AsyncIterator[str]:
    """The tokens of the answer. Raises if it breaks off."""
    body = {"model": MODEL, "stream": True, "messages": [{"role": "user", "content": question}]}
    async with http.post(f"{BASE_URL}/chat/completions", json=body, headers=HEADERS) as answer:
        if answer.status != 200:
            raise RuntimeError(f"the model answered {answer.status}: {(await answer.text())[:200]}")
        async for line in answer.content:
            if not line.startswith(b"data:"):
                continue
            data = line.removeprefix(b"data:").strip()
            if data == b"[DONE]":
                return
            for choice in json.loads(data)["choices"]:
                yield choice["delta"].get("content") or ""
    raise RuntimeError("the model's answer broke off")


async def main() -> None:
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    url = os.environ.get("POSTERN_REDIS_URL", postern.DEFAULT_URL)
    async with postern.Client(url) as client, aiohttp.ClientSession() as http:

        async def handle(message: postern.Message) -> None:
            await message.typing()
            # An error has the event handled again: then the same message goes on growing.
            await message.stream_tokens(completion(http, message.content))

        await client.receive(handle, postern.ReceiveOptions(events=["message"]), stop=stop)


logging.basicConfig(level=logging.INFO)
asyncio.run(main())
