"""Keycloak with our realm, from its own distribution."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from app.adapters.unprivileged import PLAIN
from app.stack.artifacts import StackFailed, alone
from app.stack.java import SMALL, WHEEL, java
from app.stack.processes import Launch
from app.stack.server import LOOPBACK, connects, succeeds

if TYPE_CHECKING:
    from app.stack.server import Place

VERSION = "26.7.3"
REALM = Path(__file__).with_name("realm.json")
NAME = "oms"  # of the realm
SHARED = ("conf", "lib", "providers", "themes")
BUILD = ("build", "--db=dev-file", "--health-enabled=true")
ADMIN = "admin"  # name and password of the administrator of this machine's Keycloak


class Keycloak:
    """The issuer of tokens."""

    name = "keycloak"
    title = "Keycloak"
    ports = MappingProxyType({"client": 8180, "management": 9000})
    made_of = (f"org.keycloak:keycloak-quarkus-dist:{VERSION}:tar.gz",)
    needs = WHEEL
    within = None

    def prepared(self, place: Place) -> Launch:
        """Unpack and build the distribution once for all stacks; each has its own realm and data beside links to it."""
        shared, own = _built(Path(place.files[0])), place.folder / "home"
        (own / "data/import").mkdir(parents=True, exist_ok=True)
        shutil.copy(REALM, own / "data/import")
        for name in SHARED:
            (own / name).unlink(missing_ok=True)
            (own / name).symlink_to(shared / name)
        address, management = _address(place), place.ports["management"]
        command = _keycloak(
            own, "start", "--optimized", "--import-realm", "--cache=local", "--http-enabled=true", f"--http-host={LOOPBACK}",
            f"--http-port={place.port}", f"--hostname={address}", f"--http-management-port={management}",
        )  # fmt: skip
        return Launch(command, {"KC_BOOTSTRAP_ADMIN_USERNAME": ADMIN, "KC_BOOTSTRAP_ADMIN_PASSWORD": ADMIN})

    def answers(self, place: Place) -> bool:
        """Whether the realm tells of itself."""
        return connects(place.port) and succeeds(f"{self.settings(place)['KEYCLOAK_ISSUER']}/.well-known/openid-configuration")

    def settings(self, place: Place) -> dict[str, str]:
        """The issuer."""
        return {"KEYCLOAK_ISSUER": f"{_address(place)}/realms/{NAME}"}


def _address(place: Place) -> str:
    return f"http://{LOOPBACK}:{place.port}"


def _keycloak(own: Path, *run: str) -> list[str]:
    """Its command without its script, which would follow our links to the shared distribution and keep the data there."""
    properties = {
        "kc.home.dir": own,
        "jboss.server.config.dir": own / "conf",
        "java.util.logging.manager": "org.jboss.logmanager.LogManager",
        "picocli.disable.closures": "true",
    }
    options = [*SMALL, "-XX:MaxMetaspaceSize=256m", "-Dfile.encoding=UTF-8", *(f"-D{name}={value}" for name, value in properties.items())]
    opened = (f"--add-opens=java.base/java.{package}=ALL-UNNAMED" for package in ("util", "util.concurrent", "security"))
    return java(
        ("96m", "384m"), [*options, *opened], [str(own / "lib/quarkus-run.jar")], "io.quarkus.bootstrap.runner.QuarkusEntryPoint", *run
    )


def _built(archive: Path) -> Path:
    """The distribution beside its archive, unpacked and built; only a complete one bears the name."""
    target = archive.with_name(f"keycloak-{VERSION}")
    with alone(archive.with_name("building.lock")):
        if not target.exists():
            part = archive.with_name("keycloak.part")
            shutil.rmtree(part, ignore_errors=True)
            with tarfile.open(archive) as tar:
                tar.extractall(part, filter="data")
            command = _keycloak(part / target.name, *BUILD)
            said = subprocess.run(command, capture_output=True, text=True, check=False, env=PLAIN)
            if said.returncode:
                raise StackFailed(f"Keycloak cannot be built: {(said.stderr or said.stdout).strip().splitlines()[-1]}")
            (part / target.name).rename(target)
            part.rmdir()
    return target
