"""Kafka in KRaft mode: one process is broker and controller."""

from __future__ import annotations

import subprocess
from types import MappingProxyType
from typing import TYPE_CHECKING

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from app.adapters.unprivileged import PLAIN
from app.stack.artifacts import StackFailed
from app.stack.java import SMALL, WHEEL, java
from app.stack.processes import Launch
from app.stack.server import LOOPBACK, PROBE_SECONDS, connects

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.stack.server import Place

CLUSTER = "MkU3OEVBNTcwNTJENDM2Qg"
PROPERTIES = f"""
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{LOOPBACK}:{{controller}}
listeners=PLAINTEXT://{LOOPBACK}:{{client}},CONTROLLER://{LOOPBACK}:{{controller}}
advertised.listeners=PLAINTEXT://{LOOPBACK}:{{client}}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs={{folder}}/data
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=5
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=5
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
log.cleaner.dedupe.buffer.size=33554432
"""
LOG4J = """
rootLogger.level = warn
rootLogger.appenderRef.c.ref = C
appender.c.type = Console
appender.c.name = C
appender.c.layout.type = PatternLayout
appender.c.layout.pattern = [%d] %p %m (%c)%n
"""


class Kafka:
    """The broker."""

    name = "kafka"
    title = "Kafka"
    ports: Mapping[str, int] = MappingProxyType({"client": 9092, "controller": 9093})
    made_of = (
        "org.apache.kafka:kafka_2.13:4.1.1",
        "org.apache.kafka:kafka-clients:4.1.1",  # named, or a bill of materials of log4j pulls it down to 3.8
        "org.apache.logging.log4j:log4j-api:2.24.3",
        "org.apache.logging.log4j:log4j-core:2.24.3",
        "org.apache.logging.log4j:log4j-slf4j-impl:2.24.3",  # for slf4j 1.7, which Kafka uses
    )
    needs = WHEEL
    within = None

    def properties(self, place: Place) -> str:
        """What the broker reads when it starts."""
        return PROPERTIES.format(folder=place.folder, **place.ports)

    def prepared(self, place: Place) -> Launch:
        """Write the properties anew and format the storage once."""
        properties, logging = place.folder / "server.properties", place.folder / "log4j2.properties"
        properties.write_text(self.properties(place))
        logging.write_text(LOG4J)
        options = [*SMALL, f"-Dlog4j2.configurationFile={logging}"]
        if not (place.folder / "data/meta.properties").exists():
            tool = ("kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c", str(properties))
            said = subprocess.run(
                java(("32m", "256m"), options, place.files, *tool), capture_output=True, text=True, check=False, env=PLAIN
            )
            if said.returncode:
                raise StackFailed(f"Kafka's storage cannot be formatted: {(said.stderr or said.stdout).strip().splitlines()[-1]}")
        return Launch(java(("128m", "384m"), options, place.files, "kafka.Kafka", str(properties)))

    def answers(self, place: Place) -> bool:
        """Whether the broker tells of the cluster."""
        if not connects(place.port):
            return False
        client = AdminClient({"bootstrap.servers": f"{LOOPBACK}:{place.port}", "log_level": 0})
        try:
            return bool(client.list_topics(timeout=PROBE_SECONDS).brokers)
        except KafkaException:
            return False

    def settings(self, place: Place) -> dict[str, str]:
        """The broker's address."""
        return {"KAFKA_BROKER": f"{LOOPBACK}:{place.port}"}
