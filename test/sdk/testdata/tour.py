"""The snippets of docs/worker-python.md, run against a gateway."""

import asyncio
import os
import time
from collections.abc import AsyncIterator

import postern
from postern import Address, Button, Media, Message, Permanent, ReceiveOptions, compose


async def publishing(client: postern.Client) -> None:
    lobby = Address(platform="chat", channel_id="lobby")
    await client.publish(compose.text(lobby, "Good **morning**"))

    poll = compose.text(lobby, "Lunch?")
    poll["message_key"] = "lunch-2026-11-23"  # delivered once, however often it is published
    poll["expires_at"] = time.time() + 3600
    poll["view"] = [[Button(label="Yes", custom_id="yes"), Button(label="No", custom_id="no")]]
    try:
        await client.publish(poll)
    except postern.BacklogError as full:
        print(f"{full.waiting} of {full.cap} wait for {full.platform}")


async def receipts(client: postern.Client, lobby: Address) -> None:
    try:
        receipt = await client.publish_and_wait(compose.text(lobby, "hello"), timeout=10)
        print("delivered as", receipt["message_ids"])
    except postern.DeliveryError as undelivered:
        print("dead, expired or parked:", undelivered)
    except postern.NoAnswer as late:
        print("no receipt yet:", late)

    order = compose.text(lobby, "Your order is on its way")
    order["message_key"] = "order-17"
    order["receipt_to"] = "postern:reply:order-17"
    await client.publish(order)
    # … also after a restart, for 24 hours:
    receipt = await client.wait("postern:reply:order-17")


async def calling(client: postern.Client) -> None:
    identity = await client.call("chat", "identity", timeout=5)
    print(identity)
    try:
        await client.call("chat", "members", {"channel_id": "lobby"})
    except postern.RPCError as refused:
        print(refused.fault["code"], refused.fault["message"])


async def receiving(client: postern.Client) -> None:
    stop = asyncio.Event()

    async def handle(message: Message) -> None:
        if len(message.content) > 4000:
            raise Permanent("too long for the model")  # no use trying again
        await message.typing()
        await message.stream_tokens(words(message.content))
        stop.set()

    await client.receive(handle, ReceiveOptions(events=["message"], concurrency=4), stop=stop)


async def pressing_and_sending(client: postern.Client) -> None:
    stop = asyncio.Event()

    async def handle(message: Message) -> None:
        event = message.event
        if event["event"] == "button":
            await message.reply(f"{event['user_id']} chose {event['custom_id']}")
        for file in event.get("attachments", []):
            blob = file.get("blob")  # else it came by a webhook, which gives an address
            again = Media(blob=blob) if blob else Media(url=file["url"])
            await message.reply_with(compose.file(event["address"], again, "Here it is again"))
            stop.set()

    await client.receive(handle, ReceiveOptions(events=["message", "button"]), stop=stop)


async def words(question: str) -> AsyncIterator[str]:
    for word in ("You", " said: ", question):
        yield word


async def main() -> None:
    async with postern.Client(os.environ["POSTERN_REDIS_URL"]) as client:
        await publishing(client)
        await receipts(client, Address(platform="chat", channel_id="lobby"))
        await calling(client)
        await receiving(client)
        await client.publish(compose.text(Address(platform="chat", channel_id="lobby"), "Now press, and send a file"))
        await pressing_and_sending(client)


asyncio.run(main())
