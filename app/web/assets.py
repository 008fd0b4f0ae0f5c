"""The built files of the pages: committed, gzipped, and never changed under the same name."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.resources.abc import Traversable

    from starlette.requests import Request

STATIC = files("app.web") / "static"
CONTENT_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "ttf": "font/ttf",
    "txt": "text/plain; charset=utf-8",
}
FOR_EVER = "public, max-age=31536000, immutable"
FOR_A_DAY = "public, max-age=86400"
# A worker obeys the policy of its own file, not that of the page which starts it.
POLICY = "default-src 'none'; script-src 'self'; frame-ancestors 'none'"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent; the digest is of what it holds unpacked."""

    content_type: str
    packed: bytes
    digest: str
    lasting: bool  # whether its name changes with what it holds

    @property
    def etag(self) -> str:
        return f'"{self.digest[:32]}"'


class Assets:
    """Every file is in memory from the start, so that no request reaches the file system."""

    def __init__(self, directory: Traversable = STATIC) -> None:
        self._directory = directory
        self._assets = {name: self._read(name, digest) for name, digest in self.manifest["files"].items()}

    @cached_property
    def manifest(self) -> Mapping[str, Any]:
        """What the build says of itself: its sources' digest, each page's script and style, each file's digest."""
        manifest: Mapping[str, Any] = json.loads((self._directory / "manifest.json").read_text(encoding="utf-8"))
        return manifest

    def respond(self, request: Request, name: str) -> Response:
        """The file, or 304 where the client has it, or 404."""
        asset = self._assets.get(name)
        if asset is None:
            raise HTTPException(404, "There is no such file")
        headers = {
            "Cache-Control": FOR_EVER if asset.lasting else FOR_A_DAY,
            "Content-Security-Policy": POLICY,
            "Cross-Origin-Resource-Policy": "same-origin",
            "ETag": asset.etag,
            "Vary": "Accept-Encoding",
            "X-Content-Type-Options": "nosniff",
        }
        if _known(request.headers.get("if-none-match", ""), asset.etag):
            return Response(status_code=304, headers=headers)
        if _takes_gzip(request.headers.get("accept-encoding", "")):
            return Response(asset.packed, headers={**headers, "Content-Encoding": "gzip", "Content-Type": asset.content_type})
        return Response(gzip.decompress(asset.packed), headers={**headers, "Content-Type": asset.content_type})

    def _read(self, name: str, digest: str) -> Asset:
        stem, _, suffix = name.rpartition(".")
        return Asset(CONTENT_TYPES[suffix], (self._directory / f"{name}.gz").read_bytes(), digest, lasting="-" in stem)


def _known(header: str, etag: str) -> bool:
    tags = {tag.strip().removeprefix("W/") for tag in header.split(",")}
    return "*" in tags or etag in tags


def _takes_gzip(header: str) -> bool:
    qualities = {}
    for part in header.lower().split(","):
        coding, _, parameters = part.partition(";")
        qualities[coding.strip()] = parameters.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return qualities.get("gzip", qualities.get("*", False))
