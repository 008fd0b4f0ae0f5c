"""What is done to an installation while people work; each fault ends by itself, and what was killed is started again."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from random import Random

from confluent_kafka import Producer

from app.adapters.opensearch import alias_of
from app.domain.topics import MERGED
from app.ports.search_index import SinkDown
from app.stack.stack import Stack
from tests.chaos.parts import Part
from tests.chaos.proxy import Link
from tests.chaos.world import World
from tests.real_servers import Onlooker

Fault = Callable[[World, Random], Awaitable[str]]


async def _killed(world: World, among: Sequence[Part], random: Random) -> str:
    """The storm does not wait until it answers again; who is not back yet is not killed again."""
    those = [part for part in among if part.name not in world.recovering]
    if not those:
        return "nothing, since all recover"
    part = random.choice(those)
    part.kill()
    began = time.monotonic()
    await asyncio.sleep(random.uniform(0, 1))
    part.start()
    world.recovering[part.name] = asyncio.create_task(_recovered(world, part, began))
    return f"kill -9 of {part.name}"


async def _recovered(world: World, part: Part, began: float) -> None:
    try:
        await part.ready()
        part.recoveries.append(time.monotonic() - began)
    finally:
        del world.recovering[part.name]


async def kill_an_api(world: World, random: Random) -> str:
    """Clients send again what was not answered, to either."""
    return await _killed(world, world.apis, random)


async def kill_a_worker(world: World, random: Random) -> str:
    """The other one takes over, and the new one catches up."""
    return await _killed(world, world.workers, random)


async def pause_a_part(world: World, random: Random) -> str:
    """It goes on as if nothing had happened: what it was about to write is late."""
    part = random.choice([part for part in world.parts if part.name not in world.recovering])
    part.pause()
    await asyncio.sleep(random.uniform(1, 4))
    part.resume()
    return f"SIGSTOP of {part.name}"


async def cut_a_link(world: World, random: Random) -> str:
    """Every connection ends in the middle of a word."""
    link = random.choice([*world.links.values(), *world.fronts])
    for _ in range(random.randint(1, 4)):
        await link.cut()
        await asyncio.sleep(random.uniform(0.05, 0.4))
    return f"cut of {link.name}"


async def cut_clients_off(world: World, random: Random) -> str:
    """Answers are lost on their way."""
    for _ in range(6):
        await random.choice(world.fronts).cut()
        await asyncio.sleep(random.uniform(0.03, 0.15))
    return "cut of the clients"


async def refuse_on_a_link(world: World, random: Random) -> str:
    """Nobody is there for a while."""
    return await _refused(random.choice(list(world.links.values())), random)


async def refuse_the_engine(world: World, random: Random) -> str:
    """OpenSearch is not there for a while."""
    return await _refused(world.links["opensearch"], random)


async def swallow_on_a_link(world: World, random: Random) -> str:
    """Everything is taken and nothing is answered."""
    link = random.choice([link for name, link in world.links.items() if name != "postgres"])
    link.swallows = True
    return await _for_a_while(f"silence of {link.name}", link, random)


async def delay_a_link(world: World, random: Random) -> str:
    """Everything takes longer."""
    link = random.choice([*world.links.values(), *world.fronts])
    link.delay = random.uniform(0.02, 0.2)
    return await _for_a_while(f"delay of {link.name}", link, random)


async def _refused(link: Link, random: Random) -> str:
    link.refuses = True
    await link.cut()
    return await _for_a_while(f"refusal of {link.name}", link, random)


async def _for_a_while(name: str, link: Link, random: Random) -> str:
    try:
        await asyncio.sleep(random.uniform(0.5, 4))
    finally:
        link.heal()
    return name


async def wipe_the_index(world: World, random: Random) -> str:
    """As if its disk had been lost."""
    rid = random.choice(sorted(world.ontologies.values()))
    with suppress(SinkDown):
        await world.index.drop(f"{alias_of(rid)}*")
    world.wiped.append(("index", rid))
    return "wipe of an index"


async def wipe_the_graph(world: World, random: Random) -> str:
    """Likewise."""
    rid = random.choice(sorted(world.ontologies.values()))
    with suppress(SinkDown):
        await world.store._written(("MATCH (n {ontology: $o}) DETACH DELETE n", {"o": rid}))
    world.wiped.append(("graph", rid))
    return "wipe of a graph"


async def wipe_the_cache(world: World, _: Random) -> str:
    """Nothing of value is lost; what other installations keep there is theirs."""
    from redis.asyncio import Redis

    installation = await world.database.pool.fetchval("SELECT id FROM installation")
    async with Redis.from_url(world.servers.redis) as client:
        names = [name async for name in client.scan_iter(f"oms:{installation}:*")]
        if names:
            await client.delete(*names)
    return "wipe of the cache"


async def false_signals(world: World, random: Random) -> str:
    """Signals that come twice, out of order, of revisions that are not there, and that are no signals at all."""
    head = {row["api_name"]: row for row in await world.database.pool.fetch("SELECT api_name, rid, head_revision FROM ontology")}
    rows = await world.database.pool.fetch("SELECT topic, key FROM outbox WHERE topic = $1 ORDER BY random() LIMIT 5", MERGED)

    def send() -> None:
        producer = Producer({"bootstrap.servers": world.servers.kafka, "log_level": 0})
        bodies = [b"", b"{", b"null", b"[]", '{"id": "\u0000"}'.encode(), b"\xff\xfe"]
        for row in rows:
            producer.produce(world.prefix + MERGED, random.choice(bodies), row["key"])
        for each in head.values():
            for revision in (10**15, 0, each["head_revision"] - 1):
                signal = f'{{"id":"x","epoch":1,"ontology":"{each["rid"]}","revision":{revision},"index":null,"type":"{MERGED}"}}'
                producer.produce(world.prefix + MERGED, signal.encode(), each["rid"])
        producer.flush(10)

    await asyncio.to_thread(send)
    return "false signals"


async def kill_a_server(world: World, random: Random) -> str:
    """A broker, a cache, an engine: kill -9, and it is started again."""
    stack, name, process = _a_server(world, random)
    os.kill(process, signal.SIGKILL)
    await asyncio.sleep(random.uniform(0, 2))
    await asyncio.to_thread(stack.start, [name], Onlooker())
    return f"kill -9 of {name}"


async def pause_a_server(world: World, random: Random) -> str:
    """It does not answer, and knows nothing of it."""
    _, name, process = _a_server(world, random)
    os.kill(process, signal.SIGSTOP)
    await asyncio.sleep(random.uniform(1, 6))
    os.kill(process, signal.SIGCONT)
    return f"SIGSTOP of {name}"


def _a_server(world: World, random: Random) -> tuple[Stack, str, int]:
    """One that may be broken, with its process: only a storm that has the servers for itself does that."""
    stack, name = world.servers.stack, random.choice(SERVERS)
    assert stack is not None
    [process] = [state.pid for state in stack.states() if state.server.name == name]
    assert process is not None
    return stack, name, process


SERVERS = ("kafka", "opensearch", "neo4j", "redis")
ALL: Sequence[Fault] = (
    kill_an_api, kill_a_worker, kill_a_worker, pause_a_part, pause_a_part, cut_a_link, cut_a_link, cut_clients_off, refuse_on_a_link,
    swallow_on_a_link, delay_a_link, wipe_the_index, wipe_the_graph, wipe_the_cache, false_signals,
)  # fmt: skip

WITH_SERVERS: Sequence[Fault] = (*ALL, kill_a_server, pause_a_server, pause_a_server)


async def storm(world: World, random: Random, until: float, faults: Sequence[Fault], rest: float) -> None:
    """One fault after the other, in an order that the seed decides."""
    waiting: list[Fault] = []
    if not faults:
        await asyncio.sleep(until - time.monotonic())
    while time.monotonic() < until:
        if not waiting:
            waiting = list(faults)
            random.shuffle(waiting)
        world.done.append(await waiting.pop()(world, random))
        await asyncio.sleep(random.uniform(0, 2 * rest))
