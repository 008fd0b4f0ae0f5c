"""Versions of entities that need not be read again: what is told is what PostgreSQL would have told, whoever kept it."""

from __future__ import annotations

from uuid import uuid4

import pytest

from app.adapters.memory_cache import MemoryCache
from app.adapters.redis import RedisCache, Tiers
from app.adapters.redis_pool import RedisPool
from app.domain.kind import Kind
from tests import given
from tests.asking import Asking
from tests.given import ADMIN, EDITOR

HISTORY = """{ ontology { objectTypes { nodes { history { nodes { version action
  entity { apiName displayName status version revision createdAt createdBy updatedAt updatedBy ... on ObjectType { icon { name } } }
  before { displayName } fields { path before after } } } } } } }"""
AUDIT = "{ ontology { auditLog(first: 100) { nodes { rid action before after } } } }"
READS = 3  # statements of HISTORY beside the one for the versions: the ontology, its object types, their histories
KEEPS = ("in this process", "by another process")


@pytest.fixture
async def changed(editing):
    """An object type with three versions."""
    made = await editing.apply(EDITOR, "main", given.object_type("Person", icon={"name": "face"}))
    rid = made.refs["Person"]
    for version, name in ((1, "People"), (2, "Persons")):
        await editing.apply(EDITOR, "main", [given.update(Kind.OBJECT_TYPE, rid, version, displayName=name)])
    return rid


@pytest.fixture
def processes(database, pool):
    """Two processes that share a Redis, and the cache of each."""
    scope = f"test-{uuid4()}"
    caches = [Tiers(MemoryCache(1_000_000), RedisCache(pool, scope=scope, secret="s"), of="versions") for _ in range(2)]
    return [(Asking(database, cache=cache), cache) for cache in caches]


@pytest.mark.parametrize("keeper", KEEPS)
async def test_a_history_is_told_alike_and_its_versions_are_not_read_again(processes, changed, keeper):
    (one, cache), (other, _) = processes
    first = await one.data(HISTORY)
    assert one.statements == READS + 1
    await cache.sent()

    again = one if keeper == KEEPS[0] else other
    assert await again.data(HISTORY) == first
    assert again.statements == READS
    [nodes] = [node["history"]["nodes"] for node in first["ontology"]["objectTypes"]["nodes"]]
    assert [(node["version"], node["entity"]["displayName"]) for node in nodes] == [(3, "Persons"), (2, "People"), (1, "Person")]


async def test_a_version_that_is_new_is_read_and_the_others_are_not(processes, changed, editing):
    (one, _), _ = processes
    await one.data(HISTORY)
    await editing.apply(EDITOR, "main", [given.update(Kind.OBJECT_TYPE, changed, 3, displayName="Folk")])

    data = await one.data(HISTORY)

    assert data["ontology"]["objectTypes"]["nodes"][0]["history"]["nodes"][0]["entity"]["displayName"] == "Folk"
    assert one.statements == READS + 1


async def test_a_deleted_entity_is_told_as_deleted_by_whoever_keeps_it(processes, changed, editing):
    (one, cache), (other, _) = processes
    await editing.apply(EDITOR, "main", [given.deletion(Kind.OBJECT_TYPE, changed, 3, cascade=True)])
    first = await one.data(AUDIT, actor=ADMIN)
    await cache.sent()

    assert await one.data(AUDIT, actor=ADMIN) == first
    assert await other.data(AUDIT, actor=ADMIN) == first
    [gone] = [entry for entry in first["ontology"]["auditLog"]["nodes"] if entry["rid"] == changed and entry["action"] == "deleted"]
    assert gone["before"]["displayName"] == "Persons"
    assert gone["after"] is None


async def test_after_a_restore_nothing_that_was_kept_before_it_is_told(processes, changed, database):
    (one, cache), (other, _) = processes
    await one.data(HISTORY)
    await cache.sent()
    # What a restore of an older state leaves behind: another epoch, in which the same number is another version.
    await database.pool.execute("UPDATE installation SET epoch = epoch + 1")
    await database.pool.execute("UPDATE entity_version SET display_name = 'Restored' WHERE rid = $1 AND version = 3", changed)

    for process in (one, other):
        data = await process.data(HISTORY)
        assert data["ontology"]["objectTypes"]["nodes"][0]["history"]["nodes"][0]["entity"]["displayName"] == "Restored"


async def test_without_redis_the_same_is_told(database, changed, own_redis):
    pool = RedisPool(own_redis.url)
    cache = Tiers(MemoryCache(1_000_000), RedisCache(pool, scope="test", secret="s"), of="versions")
    told = await Asking(database).data(HISTORY)
    own_redis.hang()
    try:
        assert await Asking(database, cache=cache).data(HISTORY) == told
        await cache.sent()
    finally:
        own_redis.go_on()
    await pool.close()
