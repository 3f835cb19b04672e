"""What README and docs/ show: files, commands and their output, by the language that a block is marked with.

A block with a title is a file of that name. `sh` is commands, run as they stand; `text` after them is what they print, or some of its
lines. `console` is commands that another test runs: those of a Dagger Engine, and those that install this program.
Blocks of any other kind only show what something looks like.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

ROOT = Path(__file__).parents[1]
_BLOCK = re.compile(r'^```(\w*)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
_FIGURE = re.compile(r"\b[0-9a-f]{12,}\b|\d+(?:\.\d+)?")


class Place(Protocol):
    """Where a page is carried out: a folder, and the environment of commands."""

    @property
    def root(self) -> Path: ...
    @property
    def environ(self) -> Mapping[str, str]: ...


@dataclass(frozen=True)
class Block:
    language: str
    title: str
    text: str


def pages() -> list[str]:
    """Return README and the pages of docs/ by their paths, but for the rules' own: its examples are tested as rules."""
    found = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md"))
    return ["README.md", *(page for page in found if page != "docs/doctor.md")]


def read(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str, language: str = "") -> list[Block]:
    """Return a page's blocks, or those of a language."""
    return [Block(*found) for found in _BLOCK.findall(read(page)) if language in {"", found[0]}]


def prompted(page: str) -> list[str]:
    """Return the commands of a page that other tests run."""
    return [line[2:] for block in blocks(page, "console") for line in block.text.splitlines() if line.startswith("$ ")]


def write_files(page: str, root: Path) -> None:
    """Write a page's files into a folder."""
    for block in blocks(page):
        if block.title:
            _write(root / block.title, block.text)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def carry_out(page: str, place: Place, own: Mapping[str, str] | None = None) -> str:
    """Write a page's files and run its commands, in the order in which they stand, and look for what it shows of their output.

    All that they print is returned, errors and progress included.

    Parameters
    ----------
    own:
        What of the page stands for something of the reader's, and what that is here.
    """
    printed, everything = "", ""
    for block in blocks(page):
        text = block.text
        for example, value in (own or {}).items():
            text = text.replace(example, value)
        if block.title:
            _write(place.root / block.title, text)
        elif block.language == "sh":
            done = _run(text, place)
            printed = done.stdout
            everything += done.stdout + done.stderr
        elif block.language == "text":
            missing = _not_in(printed.splitlines(), text.splitlines())
            assert not missing, f"{page} shows {missing!r}, and its commands print\n{printed}"
    return everything


def _run(commands: str, place: Place) -> subprocess.CompletedProcess[str]:
    environ = {**place.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{place.environ['PATH']}"}
    command = ["bash", "-euo", "pipefail", "-c", commands]
    done = subprocess.run(command, cwd=place.root, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{commands}\n{done.stdout}{done.stderr}"
    return done


def _not_in(printed: list[str], shown: list[str]) -> str:
    """Return the first line that is shown and is not printed after those before it: figures and spaces count for nothing."""
    lines = iter([_bare(line) for line in printed])
    return next((line for line in shown if line and _bare(line) not in lines), "")


def _bare(line: str) -> str:
    return _FIGURE.sub("#", " ".join(line.split()))


def inline(page: str, program: str) -> Iterator[list[str]]:
    """Yield the commands of a program that a page names between backticks, as words."""
    for text in re.findall(rf"`((?:\S+=\S+ )?{program} [^`\n]+)`", read(page)):
        words = shlex.split(text.replace("…", ""))
        yield words[words.index(program) :]
