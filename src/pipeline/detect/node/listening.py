"""Where servers listen: a container is asked by its address, and not from within."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

EVERY_ADDRESS = "0.0.0.0"  # noqa: S104 - in a container, which opens what ports it has itself
"""What servers are to be told that take localhost, or the machine's name, by themselves."""

FASTIFY = "node_modules/fastify-cli/cli.js"
_OPTION = "--address"


def of_fastify(command: Sequence[str]) -> Mapping[str, str]:
    """Return the variable by which fastify-cli listens on every address: it takes localhost where it sees no Docker or Kubernetes."""
    is_told = any(word in {"-a", _OPTION} or word.startswith(f"{_OPTION}=") for word in command)
    return {"FASTIFY_ADDRESS": EVERY_ADDRESS} if FASTIFY in command and not is_told else {}
