"""What is lost: indices, graphs, caches and topics, as if a disk had been; and servers, killed and started again, or held."""

from __future__ import annotations

import asyncio
import signal
import time
from contextlib import suppress
from random import Random

import psutil
from confluent_kafka.admin import AdminClient

from app.adapters.opensearch import alias_of
from app.ports.search_index import SinkDown
from app.stack.stack import State
from tests.chaos.parts import NeverReady
from tests.chaos.world import World
from tests.real_servers import Onlooker
from tests.workers.kafka_reading import read

LANDS = 1.0  # seconds in which what is on its way to the broker has come there


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
    """Nothing of value is lost."""
    from redis.asyncio import Redis

    async with Redis.from_url(world.servers.redis) as client:
        if world.servers.stack is not None:
            await client.flushall()
        else:  # others have theirs in it
            installation = await world.database.pool.fetchval("SELECT id FROM installation")
            names = [name async for name in client.scan_iter(f"oms:{installation}:*")]
            if names:
                await client.delete(*names)
    return "wipe of the cache"


async def lose_the_topics(world: World, _: Random) -> str:
    """All topics are deleted, with what the workers had settled of them. Who relays is held, so that what was there is known exactly."""
    for part in world.workers:
        part.pause()
    try:
        await asyncio.sleep(LANDS)
        await asyncio.to_thread(_topics_lost, world)
    finally:
        for part in world.workers:
            part.resume()
    return "loss of the topics"


def _topics_lost(world: World) -> None:
    world.kept += read(world.servers.kafka, world.prefix, 0)
    admin = AdminClient({"bootstrap.servers": world.servers.kafka, "log_level": 0})
    names = [name for name in admin.list_topics(timeout=30).topics if name.startswith(world.prefix)]
    for gone in admin.delete_topics(names, operation_timeout=30).values():
        gone.result(30)


async def kill_a_server(world: World, random: Random) -> str:
    """A database, a broker, a cache, an engine: kill -9, and it is started again."""
    return await killed_server(world, random.choice(SERVERS), random)


async def kill_the_database(world: World, random: Random) -> str:
    """What it had acknowledged has to be there when it is back."""
    return await killed_server(world, "postgres", random)


async def killed_server(world: World, name: str, random: Random) -> str:
    """It has recovered when it answers, and every process of ours that was not killed itself says so too."""
    stack, began = world.servers.stack, time.monotonic()
    assert stack is not None
    _signalled(_state(world, name), signal.SIGKILL)
    await asyncio.to_thread(stack.process(stack.servers[name]).kill)
    await asyncio.sleep(random.uniform(0, 2))
    await asyncio.to_thread(stack.start, [name], Onlooker(), free_ports=True)  # where it was before
    with suppress(NeverReady):  # which the judge sees by how long it took
        await asyncio.gather(*(part.ready() for part in world.parts if part.name not in world.recovering))
    world.restored.append((name, time.monotonic() - began))
    return f"kill -9 of {name}"


async def pause_a_server(world: World, random: Random) -> str:
    """It does not answer, and knows nothing of it."""
    state = _state(world, random.choice(SERVERS))
    held = _signalled(state, signal.SIGSTOP)
    try:
        await asyncio.sleep(random.uniform(1, 6))
    finally:
        for each in held:
            with suppress(psutil.NoSuchProcess):
                each.send_signal(signal.SIGCONT)
    return f"SIGSTOP of {state.server.name}"


def _state(world: World, name: str) -> State:
    """Only a storm that has the servers for itself breaks them."""
    assert world.servers.stack is not None
    [state] = [state for state in world.servers.stack.states() if state.server.name == name]
    return state


def _signalled(state: State, number: int) -> list[psutil.Process]:
    """The server and its children, the parent first so that it can start no more."""
    assert state.pid is not None
    parent = psutil.Process(state.pid)
    reached = []
    for each in (parent, *parent.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            each.send_signal(number)
            reached.append(each)
    return reached


SERVERS = ("kafka", "opensearch", "neo4j", "redis", "postgres")
