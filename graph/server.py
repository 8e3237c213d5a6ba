"""The server process: takes its port, runs the app on it, and ends when asked, after what is in flight."""

from __future__ import annotations

import errno
import gc
import math
import socket

import uvicorn

from db.errors import AdgraphError, Invalid
from graph.settings import Settings


class PortTaken(Invalid):
    """Something else serves on that port."""


class ServerFailed(AdgraphError):
    """The app did not start; the log says why."""


def origin(settings: Settings) -> str:
    """Where a client on this machine finds the server."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104  # compared, not bound
    return f"http://{f'[{host}]' if ':' in host and not host.startswith('[') else host}:{settings.port}"


def take_port(settings: Settings) -> socket.socket:
    """The socket to serve on, taken before any work is done for a server that could not start."""
    host, port = settings.host, settings.port
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except OSError as error:
        raise Invalid(f"ADGRAPH_HOST: {host} is no address: {error.strerror}.") from error
    taken = socket.socket(family, socket.SOCK_STREAM)
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(address)
    except OSError as error:
        taken.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(f"Port {port} of {host} is in use. Choose another: ADGRAPH_PORT={port + 1}.") from error
        if error.errno == errno.EACCES:
            raise Invalid(f"Port {port} needs more rights. Choose one above 1023: ADGRAPH_PORT=8000.") from error
        raise Invalid(f"ADGRAPH_HOST, ADGRAPH_PORT: cannot serve on {host}:{port}: {error.strerror}.") from error
    return taken


def grace(settings: Settings) -> int:
    """The seconds for what is in flight at the end: a whole request, and one to say that its time ran out."""
    return math.ceil(settings.request_timeout) + 1


def collect_rarely() -> None:
    """Looks for garbage rarely, and not among what stays for good.

    An answer is tens of thousands of objects without cycles. Going through them again and again while it is made takes
    up to half of the time of a large one.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def run(settings: Settings, database_url: str, port: socket.socket) -> None:
    """Serves until SIGINT or SIGTERM, which are the normal end."""
    from graph.app import create_app
    from graph.http import logs

    logs.configure(settings)
    config = uvicorn.Config(
        create_app(settings, database_url),
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        # Nothing here depends on where a request came from.
        proxy_headers=False,
        timeout_graceful_shutdown=grace(settings),
    )
    server = uvicorn.Server(config)
    collect_rarely()
    try:
        server.run(sockets=[port])
    except (KeyboardInterrupt, SystemExit):
        # uvicorn has shut down and passes on the signal that asked for it.
        if not server.started:
            raise
        return
    if not server.started:
        raise ServerFailed("The server did not start: see the log above.")
