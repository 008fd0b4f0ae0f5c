"""A headless Chromium, driven through its DevTools protocol: open a page, click, type, and hear all that it complains about."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import shutil
import tempfile
import time
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import connect

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # whatever is not on this machine does not exist
    "--window-size=1440,900",
    "--remote-debugging-port=0",
)
PATIENCE = 120.0  # seconds; a guard, no measure: a busy machine needs many to show a page
A_MOMENT = 0.05


def chromium() -> str:
    """Where Chromium is; without it a pipeline fails and a person is told what to do."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        how = "Chromium is not installed. Install it (Debian: apt-get update && apt-get install -y chromium) and run the tests again."
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(how)
    return found


class Page:
    """One tab; `complaints` are errors, warnings and refusals of the policy, `requests` all addresses it asked for."""

    def __init__(self, socket: Any, session: str) -> None:
        self._socket, self._session, self._count = socket, session, 0
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.complaints: list[str] = []
        self.requests: list[str] = []

    async def listen(self) -> None:
        async for text in self._socket:
            message = json.loads(text)
            if answer := self._answers.pop(message.get("id"), None):
                answer.set_result(message)
            elif message.get("sessionId") == self._session:
                self._hear(message["method"], message["params"])

    async def send(self, method: str, **params: Any) -> dict[str, Any]:
        self._count += 1
        answer = self._answers[self._count] = asyncio.get_running_loop().create_future()
        await self._socket.send(json.dumps({"id": self._count, "method": method, "params": params, "sessionId": self._session}))
        message = await asyncio.wait_for(answer, PATIENCE)
        assert "error" not in message, message
        return message["result"]

    async def open(self, url: str) -> None:
        for domain in ("Page", "Runtime", "Network", "Log", "Audits"):
            await self.send(f"{domain}.enable")
        await self.send("Page.navigate", url=url)

    async def evaluate(self, expression: str) -> Any:
        answer = await self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    async def until(self, expression: str) -> Any:
        """Wait until the expression is true of the page, and return what it is."""
        end = time.monotonic() + PATIENCE
        while not (value := await self.evaluate(expression)):
            assert time.monotonic() < end, f"never true: {expression}; the page says {self.complaints}"
            await asyncio.sleep(A_MOMENT)
        return value

    async def click(self, selector: str) -> None:
        found = json.dumps(selector)
        await self.until(f"document.querySelector({found}) !== null && !document.querySelector({found}).disabled")
        x, y = await self.evaluate(
            f"(() => {{ const e = document.querySelector({found}); e.scrollIntoView({{block: 'center'}}); "
            "const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            await self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    async def write(self, text: str) -> None:
        """Replace what the focused field holds."""
        control_a = {"key": "a", "code": "KeyA", "windowsVirtualKeyCode": 65, "modifiers": 2, "commands": ["selectAll"]}
        for kind in ("keyDown", "keyUp"):
            await self.send("Input.dispatchKeyEvent", type=kind, **control_a)
        await self.send("Input.insertText", text=text)

    async def screenshot(self) -> bytes:
        """The tab as a PNG."""
        return base64.b64decode((await self.send("Page.captureScreenshot", format="png"))["data"])

    def _hear(self, method: str, params: dict[str, Any]) -> None:
        match method:
            case "Network.requestWillBeSent":
                self.requests.append(params["request"]["url"])
            case "Network.webSocketCreated":
                self.requests.append(params["url"])
            case "Log.entryAdded" if params["entry"]["level"] in {"error", "warning"}:
                self.complaints.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")
            case "Runtime.consoleAPICalled" if params["type"] in {"error", "warning", "assert"}:
                self.complaints.append(" ".join(str(each.get("value", each.get("description"))) for each in params["args"]))
            case "Runtime.exceptionThrown":
                self.complaints.append(json.dumps(params["exceptionDetails"]))
            case "Audits.issueAdded" if params["issue"]["code"] == "ContentSecurityPolicyIssue":
                self.complaints.append(json.dumps(params["issue"]["details"]))


@asynccontextmanager
async def new_page():
    """A tab of a fresh browser, which ends with the block."""
    with tempfile.TemporaryDirectory(prefix="oms-chromium-", ignore_cleanup_errors=True) as profile:
        process = await asyncio.create_subprocess_exec(
            chromium(),
            *FLAGS,
            f"--user-data-dir={profile}",
            "about:blank",
            stderr=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
        )
        try:
            address = await asyncio.wait_for(_devtools(process), PATIENCE)
            async with connect(address, proxy=None, max_size=None) as socket:
                page = Page(socket, await _attach(socket))
                listener = asyncio.create_task(page.listen())
                try:
                    yield page
                finally:
                    listener.cancel()
        finally:
            if process.returncode is None:
                process.terminate()
            await process.communicate()


async def _devtools(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    async for line in process.stderr:
        if b"DevTools listening on " in line:
            return line.decode().split(" on ")[1].strip()
    raise AssertionError("Chromium ended before it listened.")


async def _attach(socket: Any) -> str:
    async def ask(number: int, method: str, **params: Any) -> dict[str, Any]:
        await socket.send(json.dumps({"id": -number, "method": method, "params": params}))
        while True:
            message = json.loads(await socket.recv())
            if message.get("id") == -number:
                return message["result"]

    target = await ask(1, "Target.createTarget", url="about:blank")
    return (await ask(2, "Target.attachToTarget", targetId=target["targetId"], flatten=True))["sessionId"]
