"""What Go writes into its programs: the Go that compiled them, and their modules.

Read here, since not every machine that looks into images has Go. Source: debug/buildinfo of Go 1.18 and later; the programs
of an older Go have it elsewhere, and no modules are found in them.
"""

from __future__ import annotations

from dataclasses import dataclass

_ELF = b"\x7fELF"
_MAGIC = b"\xff Go buildinf:"
_FLAGS = 15
_INLINE = 2
_HEADER = 32
_SENTINEL = 16
"""The module lines stand between two marks of so many bytes."""


@dataclass(frozen=True, slots=True)
class GoProgram:
    """The version of Go, and each module with its version, the program's own first. A replaced one stands as what replaces it."""

    go: str
    modules: tuple[tuple[str, str], ...]


def modules(body: bytes) -> GoProgram | None:
    """Return what is told in a program, None if it is none of Go's."""
    if not body.startswith(_ELF):
        return None
    at = -1
    # The mark stands in programs that look for it, too, as text.
    while (at := body.find(_MAGIC, at + 1)) >= 0:
        if at % _SENTINEL == 0 and len(body) > at + _HEADER and body[at + _FLAGS] & _INLINE:
            version, after = _text(body, at + _HEADER)
            lines, _ = _text(body, after)
            return GoProgram(
                version.decode().removeprefix("go").partition(" ")[0], tuple(_modules(lines[_SENTINEL:-_SENTINEL]))
            )
    return None


def _text(body: bytes, at: int) -> tuple[bytes, int]:
    """Return a text that has its length before it, as a varint, and where it ends."""
    length = shift = 0
    while True:
        length |= (body[at] & 0x7F) << shift
        shift += 7
        at += 1
        if body[at - 1] < 0x80:  # noqa: PLR2004 - the bit that says that more follow
            return body[at : at + length], at + length


def _modules(lines: bytes) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for line in lines.decode(errors="replace").splitlines():
        kind, *words = line.split("\t")
        name, version = (*words, "", "")[:2]
        if kind in {"mod", "dep"} and name:
            found.append((name, version))
        elif kind == "=>" and found:
            found[-1] = (name, version)
    return found
