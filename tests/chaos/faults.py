"""What is done to an installation while people work; each fault ends by itself, and what was killed is started again.

Here processes and connections; `losses`, `signals` and `poison` have the others.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from random import Random

from tests.chaos.losses import (
    kill_a_server,
    kill_the_database,
    lose_the_topics,
    pause_a_server,
    wipe_the_cache,
    wipe_the_graph,
    wipe_the_index,
)
from tests.chaos.parts import NeverReady, Part
from tests.chaos.poison import block_the_indices, spoil_documents, spoil_vertices, squat_on_vertices
from tests.chaos.proxy import Link
from tests.chaos.signals import false_signals, poison_messages, replay_signals, steal_signals, two_relays
from tests.chaos.world import World

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
        with suppress(NeverReady):  # which the judge sees by how long it took
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


ALL: Sequence[Fault] = (
    kill_an_api, kill_a_worker, kill_a_worker, pause_a_part, pause_a_part, cut_a_link, cut_a_link, cut_clients_off, refuse_on_a_link,
    swallow_on_a_link, delay_a_link, wipe_the_index, wipe_the_graph, wipe_the_cache, lose_the_topics, false_signals, poison_messages,
    replay_signals, steal_signals, two_relays, squat_on_vertices, block_the_indices, spoil_documents, spoil_vertices,
)  # fmt: skip

WITH_SERVERS: Sequence[Fault] = (*ALL, kill_a_server, kill_a_server, kill_the_database, pause_a_server, pause_a_server)


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
