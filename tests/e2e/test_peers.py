"""Compression with the peers that users have: Chromium, and npm's ws. `make test-peers` installs and runs them."""
import asyncio
import contextlib
import json
import os
import shutil
from pathlib import Path

import pytest
from aiohttp import web

from backends import SERVERS
from wire import PATIENCE

MESSAGES = 1000
SCRIPT = Path(__file__).with_name("peers.js")
NODE_PATH = "/usr/share/nodejs"  # where Debian's node-ws lies
MODES = {"edge": "edge", "passthrough": "passthrough", "inspect": {"mode": "passthrough", "inspect": True}}
PAGE = """<!doctype html><title>peers</title><script src="peers.js"></script><script>
const tell = (answer) => fetch("answer", {method: "POST", body: JSON.stringify(answer)});
exchange(WebSocket, %s, %d).then(tell, (error) => tell({error: error.message}));
</script>"""

needs_chromium = pytest.mark.skipif(shutil.which("chromium") is None, reason="no chromium: make test-peers")
needs_ws = pytest.mark.skipif(shutil.which("node") is None or not Path(NODE_PATH, "ws").exists(),
                              reason="no node with ws: make test-peers")


@contextlib.asynccontextmanager
async def page_server(url):
    """Serves the page that talks to url; yields its address, and a future of what the page tells."""
    answer = asyncio.get_running_loop().create_future()

    async def take(request):
        answer.set_result(json.loads(await request.text()))
        return web.Response()

    async def page(_):
        return web.Response(text=PAGE % (json.dumps(url), MESSAGES), content_type="text/html")

    async def script(_):
        return web.Response(text=SCRIPT.read_text(), content_type="text/javascript")

    app = web.Application()
    app.add_routes([web.get("/", page), web.get("/peers.js", script), web.post("/answer", take)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, shutdown_timeout=0.1)
    await site.start()
    try:
        yield f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}/", answer
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def chromium(page, folder):
    process = await asyncio.create_subprocess_exec(
        "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
        f"--user-data-dir={folder}", page, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL, start_new_session=True)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 9)
        await process.wait()


@needs_chromium
@pytest.mark.parametrize("mode", MODES)
async def test_chromium_exchanges_a_thousand_messages(gateway, tmp_path, mode):
    async with SERVERS["websockets"](compression="deflate") as backend:
        run = gateway({"to": backend, "compression": MODES[mode]})
        async with page_server(run.url("/")) as (page, answer), chromium(page, tmp_path):
            told = await asyncio.wait_for(answer, 4 * PATIENCE)
    assert told.get("messages") == MESSAGES, told
    assert told["extensions"].startswith("permessage-deflate")


@needs_ws
@pytest.mark.parametrize("mode", MODES)
async def test_ws_exchanges_a_thousand_messages(gateway, mode):
    async with SERVERS["websockets"](compression="deflate") as backend:
        run = gateway({"to": backend, "compression": MODES[mode]})
        process = await asyncio.create_subprocess_exec(
            "node", str(SCRIPT), run.url("/"), str(MESSAGES), stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE, env={**os.environ, "NODE_PATH": NODE_PATH})
        out, err = await asyncio.wait_for(process.communicate(), 4 * PATIENCE)
    assert process.returncode == 0, err.decode()
    told = json.loads(out)
    assert told["messages"] == MESSAGES and "permessage-deflate" in told["extensions"]
