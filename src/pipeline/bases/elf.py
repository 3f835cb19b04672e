"""ELF programs without what only debuggers read. Source: the System V ABI, chapters 4 and 5."""

from __future__ import annotations

import struct
from itertools import takewhile

_HEADER = 64
_PROGRAM = struct.Struct("<IIQQQQQQ")
_SECTION = struct.Struct("<IIQQQQIIQQ")
_LOADED = 2


def stripped(program: bytes) -> bytes:
    """Return a 64-bit program without its symbol table and debug information, as `strip` leaves it.

    One that has them anywhere but behind all that is loaded stays as it is.
    """
    if program[:6] != b"\x7fELF\x02\x01" or len(program) < _HEADER:
        return program
    segments_at, sections_at = struct.unpack_from("<QQ", program, 32)
    segment_size, segments, section_size, sections, names = struct.unpack_from("<HHHHH", program, 54)
    if section_size != _SECTION.size or segment_size != _PROGRAM.size or not names < sections:
        return program
    spans = [_PROGRAM.unpack_from(program, segments_at + number * segment_size) for number in range(segments)]
    end = max((offset + size for _, _, offset, _, _, size, _, _ in spans), default=0)
    table = [list(_SECTION.unpack_from(program, sections_at + number * section_size)) for number in range(sections)]
    kept = [table[0], *takewhile(lambda section: section[2] & _LOADED, table[1:])]
    if any(section[2] & _LOADED or section[4] < end for section in table[len(kept) :]):
        return program
    title = table[names]
    body = program[:end] + program[title[4] : title[4] + title[5]]
    title[4] = end
    body += bytes(-len(body) % 8)
    head = bytearray(body[:_HEADER])
    struct.pack_into("<Q", head, 40, len(body))
    struct.pack_into("<HH", head, 60, len(kept) + 1, len(kept))
    return bytes(head) + body[_HEADER:] + b"".join(_SECTION.pack(*section) for section in (*kept, title))
