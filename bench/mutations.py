"""Creating an object type with five properties over HTTP, 16 at once, beside pgbench that writes the same rows.

One API process; the clients have a process of their own. The peer runs before and after ours, since the tables grow meanwhile.

python -m bench mutations
"""

from __future__ import annotations

from bench.http import Client
from bench.load import MUTATION, apart, closed, creation
from bench.ontology import number
from bench.peer import pgbench, script
from bench.stage import Row, api, database

CLIENTS = 16
SECONDS = 8
WARM = 2  # seconds


async def measure() -> list[Row]:
    """Peer, ours, peer, against one server."""
    async with database() as (opened, url), api(url) as served:
        name = number()
        first = await Client(served.port, served.token).open()
        await first.send(first.encoded(MUTATION, creation(name)))
        first.close()
        text = await script(opened, name)
        await apart(closed, served, CLIENTS, WARM)
        before = await pgbench(url, text, clients=CLIENTS, seconds=SECONDS // 2)
        ours = await apart(closed, served, CLIENTS, SECONDS)
        after = await pgbench(url, text, clients=CLIENTS, seconds=SECONDS // 2)
    peer = (before + after) / 2
    ratio = ours / peer
    return [
        Row(
            "mutations over HTTP: creating an object type with 5 properties, 16 clients",
            f"{ours:.0f} a second",
            "≥ 0.25x (beyond: 0.4x)",
            ratio >= 0.25,
            f"pgbench, the same rows into the same tables: {peer:.0f} a second",
            f"{ratio:.2f}x",
            "one Python process plans, judges and encodes what pgbench only sends.",
        )
    ]
