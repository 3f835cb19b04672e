"""Answers to introspection, which a client asks for first: the same for as long as the query and the schema are.

Computing one takes a quarter of a second, as much as all other answers of an unchanged build, so they are kept on disk.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import graphql
from graphql import DocumentNode, FieldNode, OperationDefinitionNode

from daglet.delivery import replacing

_NAMES = {"__schema", "__type", "__typename"}


@dataclass(frozen=True, slots=True)
class Answers:
    """The kept answers to queries about one schema. `schema` is its text."""

    folder: Path
    schema: str

    def recall(self, query: str) -> bytes | None:
        """Return the kept answer as JSON, None if there is none."""
        try:
            return self._path(query).read_bytes()
        except OSError:
            return None

    def keep(self, query: str, answer: bytes) -> None:
        """Keep an answer. It is complete before it takes its name."""
        with replacing(self._path(query)) as file:
            file.write_bytes(answer)

    def _path(self, query: str) -> Path:
        key = f"{graphql.__version__}\0{self.schema}\0{query}"
        return self.folder / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"


def only_introspects(document: DocumentNode) -> bool:
    """Return whether a document asks about the schema and for nothing else."""
    operations = [item for item in document.definitions if isinstance(item, OperationDefinitionNode)]
    fields = [field for operation in operations for field in operation.selection_set.selections]
    return bool(fields) and all(isinstance(field, FieldNode) and field.name.value in _NAMES for field in fields)
