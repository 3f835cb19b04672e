"""The program that talks to registries: regctl, which reads the user's Docker configuration with its credential helpers.

It asks again by itself where that may help, five times at most.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import anyio

from pipeline.gotools import Tool, program
from pipeline.registry.errors import NotFound, RegistryError
from pipeline.registry.reference import host, is_loopback

_TOOL = Tool("registry", "github.com/regclient/regclient/cmd/regctl", "half a minute")
_SECONDS = 600
_LINES = 3


@dataclass(frozen=True, slots=True)
class Client:
    """The program, and how long one request of it may take, in seconds."""

    program: Path
    seconds: float = _SECONDS

    async def run(self, *arguments: str, repository: str) -> str:
        """Run a command about a repository and return what it printed.

        Raises
        ------
        NotFound
            If there is no such thing.
        RegistryError
            If it fails, or takes too long.
        """
        # Another registry that speaks plain HTTP is the user's to name: `regctl registry set --tls disabled HOST`.
        plain = ["--host", f"reg={host(repository)},tls=disabled"] if is_loopback(repository) else []
        try:
            with anyio.fail_after(self.seconds):
                done = await anyio.run_process([str(self.program), *plain, *arguments], stdin=-3, check=False)
        except TimeoutError:
            msg = f"{repository}: no answer after {self.seconds:g} s"
            raise RegistryError(msg, hint="see whether the registry is well, and try again") from None
        if done.returncode != 0:
            raise _failed(repository, done.stderr.decode(errors="replace"))
        return done.stdout.decode(errors="replace")


def _failed(repository: str, told: str) -> RegistryError:
    lines = [line for line in told.splitlines() if line.strip()][-_LINES:]
    refused = any(mark in told for mark in ("[http 401]", "[http 403]", "unauthorized"))
    hint = f"`docker login {host(repository)}`, or point DOCKER_CONFIG to the folder with its credentials" if refused else ""
    kind = NotFound if "not found" in told else RegistryError
    return kind(f"{repository}: {' '.join(lines) or 'regctl failed without a word'}", hint=hint)


async def client(cache: Path, on_step: Callable[[str], None]) -> Client:
    """Return the client, built unless it is there.

    Raises
    ------
    ToolError
        If it cannot be had.
    """
    return Client(await program(_TOOL, cache, on_step))
