"""Where a server that fastify-cli starts listens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

CLI = "node_modules/fastify-cli/cli.js"

_OPTION = "--address"
_EVERY = {"FASTIFY_ADDRESS": "0.0.0.0"}  # noqa: S104


def address(command: Sequence[str]) -> Mapping[str, str]:
    """Return the variable by which it listens on every address: it takes localhost where it sees no Docker or Kubernetes."""
    is_told = any(word in {"-a", _OPTION} or word.startswith(f"{_OPTION}=") for word in command)
    return _EVERY if CLI in command and not is_told else {}
