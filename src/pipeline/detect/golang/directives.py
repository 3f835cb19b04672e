"""The directives of go.mod and go.work: a keyword with its words, on a line of its own or one of a block.

Both are read here and not by the go command, so that what is understood of a repository is the same on every machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# The words as Go's own reference has them: quoted ones, punctuation, all else up to a space or a comment. A quote that nothing
# ends takes the rest of its line, so that no part of that is looked at for each of many such quotes.
_WORD = re.compile(r"""//.*|"(?:[^"\\]|\\.)*"?|[()\[\]{},]|(?:(?!//)[^\s()\[\]{},"])+""")


@dataclass(frozen=True, slots=True)
class Directive:
    """One directive: `require example.com/a v1.2.3` is "require" with two words, alone or in a block of several."""

    name: str
    words: tuple[str, ...]
    line: int


def directives(text: str) -> Iterator[Directive]:
    """Yield the directives of a file, those of a block one by one."""
    block = ""
    for number, content in enumerate(text.splitlines(), 1):
        words = [word.strip('"') for word in _WORD.findall(content) if not word.startswith("//")]
        if words == [")"]:
            block = ""
        elif words[1:] == ["("]:
            block = words[0]
        elif words:
            name, *rest = [block, *words] if block else words
            yield Directive(name, tuple(rest), number)
