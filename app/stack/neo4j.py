"""Neo4j, the community edition, by Bolt and without authentication."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from app.stack.java import WHEEL, java
from app.stack.processes import Launch
from app.stack.server import LOOPBACK, connects

if TYPE_CHECKING:
    from app.stack.server import Place

FOLDERS = ("conf", "data", "logs", "run", "plugins", "import", "licenses")
OPENED = ("java.nio", "java.io", "sun.nio.ch", "java.util.concurrent")
CONFIGURATION = """
server.directories.data={home}/data
server.directories.logs={home}/logs
server.directories.run={home}/run
server.directories.plugins={home}/plugins
server.directories.import={home}/import
server.bolt.listen_address={host}:{port}
server.http.enabled=false
server.https.enabled=false
dbms.security.auth_enabled=false
dbms.usage_report.enabled=false
server.memory.pagecache.size=64m
"""


class Neo4j:
    """The graph server."""

    name = "neo4j"
    title = "Neo4j"
    ports = MappingProxyType({"client": 7687})
    made_of = ("org.neo4j.app:neo4j-server:5.26.31", "org.neo4j:neo4j:5.26.31", "org.neo4j:neo4j-bolt:5.26.31")
    needs = WHEEL
    within = None

    def prepared(self, place: Place) -> Launch:
        """Write the configuration anew."""
        home = place.folder / "home"
        for folder in FOLDERS:
            (home / folder).mkdir(parents=True, exist_ok=True)
        (home / "conf/neo4j.conf").write_text(CONFIGURATION.format(home=home, host=LOOPBACK, port=place.port))
        opens = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in OPENED]
        options = ["-XX:+UseSerialGC", *opens, "--enable-native-access=ALL-UNNAMED"]
        run = ("org.neo4j.server.CommunityEntryPoint", f"--home-dir={home}", f"--config-dir={home / 'conf'}", "--console-mode")
        return Launch(java(("192m", "512m"), options, place.files, *run))

    def answers(self, place: Place) -> bool:
        """Whether the default database answers a query."""
        if not connects(place.port):
            return False
        from neo4j import GraphDatabase
        from neo4j.exceptions import DriverError, Neo4jError

        try:
            with GraphDatabase.driver(
                self.settings(place)["NEO4J_URL"], connection_acquisition_timeout=3, max_transaction_retry_time=0
            ) as driver:
                driver.execute_query("RETURN 1")
        except (DriverError, Neo4jError, OSError):
            return False
        return True

    def settings(self, place: Place) -> dict[str, str]:
        """The server's address."""
        return {"NEO4J_URL": f"bolt://{LOOPBACK}:{place.port}"}
