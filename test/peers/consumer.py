"""A consumer in the shape of the origin's gateway, and one that acknowledges in
batches: asyncio, XREADGROUP, XACK."""
import asyncio
import json
import os
import re
import resource
import time

import msgpack
import redis.asyncio as redis

STREAM = GROUP = "peers"
STAMP = re.compile(r"@(\d{20})")


async def main():
    task = json.loads(os.environ["POSTERN_PEERS_TASK"])
    left, took = task["Messages"], []
    r = redis.from_url(task["URL"])

    async def handle(data):
        envelope = msgpack.unpackb(data)
        if task["Idle"]:
            took.append(time.time_ns() - int(STAMP.search(envelope["text"])[1]))

    async def redis_cpu():
        cpu = await r.info("cpu")
        return cpu["used_cpu_user"] + cpu["used_cpu_sys"]

    await r.xgroup_create(STREAM, GROUP, "0", mkstream=True)
    slots = asyncio.Semaphore(64)

    async def one(entry, fields):
        async with slots:
            await handle(fields[b"data"])
            await r.xack(STREAM, GROUP, entry)

    async def batched(entries):
        async with r.pipeline(transaction=False) as acks:
            for entry, fields in entries:
                await handle(fields[b"data"])
                acks.xack(STREAM, GROUP, entry)
            await acks.execute()

    before, start = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter_ns()
    redis_before = await redis_cpu()
    while left > 0:
        got = await r.xreadgroup(GROUP, "python", {STREAM: ">"}, count=512, block=1000)
        for _, entries in got:
            if task["Peer"].endswith("batches"):
                await batched(entries)
            else:
                await asyncio.gather(*(one(*e) for e in entries))
            left -= len(entries)
    elapsed = time.perf_counter_ns() - start
    after, redis_after = resource.getrusage(resource.RUSAGE_SELF), await redis_cpu()
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    took.sort()
    share = lambda p: took[min(len(took) - 1, int(p * len(took)))] if took else 0
    print(json.dumps({
        "took": elapsed, "cpu": int(cpu * 1e9), "redis": int((redis_after - redis_before) * 1e9),
        "P50": share(0.50), "P99": share(0.99),
    }))


asyncio.run(main())
