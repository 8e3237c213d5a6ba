"""Servers for the load over HTTP: each one process, started for a measurement and ended after it."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from bench.world import World
from graph.settings import CHECKOUT

# Gives the port of a server that answers.
Server = Callable[[World], AbstractAsyncContextManager[int]]
STARTS_WITHIN = 30.0
ENDS_WITHIN = 40.0


def adgraph_serve(world: World) -> AbstractAsyncContextManager[int]:
    """The server as `adgraph serve` runs it, with its own defaults; its log, a line per request, goes nowhere."""
    port = free_port()
    environment = {"DATABASE_URL": world.url, "ADGRAPH_HOST": "127.0.0.1", "ADGRAPH_PORT": str(port)}
    return running([sys.executable, "-m", "graph.cli", "serve"], port, environment)


def bare_route(statements: int) -> Server:
    """The route of `bench.bare_route` with one statement or two."""

    def started(world: World) -> AbstractAsyncContextManager[int]:
        port = free_port()
        arguments = [str(port), world.url, str(world.org_id), str(statements)]
        return running([sys.executable, "-m", "bench.bare_route", *arguments], port)

    return started


@asynccontextmanager
async def running(command: list[str], port: int, environment: dict[str, str] | None = None) -> AsyncIterator[int]:
    """Runs a server until the block ends. Gives its port once it takes connections there."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=CHECKOUT, env=os.environ | (environment or {}), stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL
    )
    try:
        async with asyncio.timeout(STARTS_WITHIN):
            while not await _takes_connections(port):
                if process.returncode is not None:
                    raise RuntimeError(f"{' '.join(command[:3])} ended with {process.returncode} before it served.")
                await asyncio.sleep(0.05)
        yield port
    finally:
        if process.returncode is None:
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), ENDS_WITHIN)
        except TimeoutError:
            process.kill()
            await process.wait()


async def _takes_connections(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


def free_port() -> int:
    """A port that nothing listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
