"""Findings mended where a machine can."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.doctor.model import Edit, Finding
from pipeline.files import write_text_atomic

_BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class Mended:
    """What was mended, and which files were left as they are, and why."""

    findings: tuple[Finding, ...] = ()
    notices: tuple[str, ...] = ()


def apply(root: Path, findings: Sequence[Finding]) -> Mended:
    """Change files as findings say, and return those that were mended.

    Of two findings that would change the same lines the first is mended: the other one may be gone then.
    """
    texts = {edit.file: _text(root / edit.file) for item in findings for edit in item.edits}
    done: list[Finding] = []
    accepted: dict[str, list[Edit]] = {}
    for item in findings:
        known = all(texts[edit.file] is not None for edit in item.edits)
        if item.edits and known and not any(_collides(edit, accepted.get(edit.file, [])) for edit in item.edits):
            done.append(item)
            for edit in item.edits:
                accepted.setdefault(edit.file, []).append(edit)
    for name, edits in accepted.items():
        write_text_atomic(root / name, edited(texts[name] or "", edits))
    left = (f"{name}: left as it is, since it is not UTF-8" for name, text in texts.items() if text is None)
    return Mended(tuple(done), tuple(left))


def edited(text: str, edits: Sequence[Edit]) -> str:
    """Return a text with edits made, the last lines first so that the numbers of the others hold."""
    mark = _BYTE_ORDER_MARK if text.startswith(_BYTE_ORDER_MARK) else ""
    lines = _lines(text.removeprefix(mark))
    ending = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    for edit in sorted(edits, key=lambda item: item.line or len(lines) + 1, reverse=True):
        new = [line.removesuffix("\n") + ending for line in _lines(edit.text)]
        if not edit.line:
            if lines and not lines[-1].endswith("\n"):
                lines[-1] += ending
            present = {line.strip() for line in lines}
            lines += [line for line in new if line.strip() not in present]
        else:
            lines[edit.line - 1 : edit.end - 1] = new
    return mark + "".join(lines)


def _text(path: Path) -> str | None:
    """Return what is in a file, "" where there is none, None where it is in another encoding than builders read."""
    try:
        text = path.read_bytes().decode("utf-8") if path.is_file() else ""
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def _lines(text: str) -> list[str]:
    """Return the lines of a text with their ends, as builders count them: `str.splitlines` would end one at a form feed, too."""
    return io.StringIO(text, newline="\n").readlines()


def _collides(edit: Edit, others: Sequence[Edit]) -> bool:
    """Whether an edit touches lines that others replace; what is put in or at the end touches none."""
    lines = range(edit.line, edit.end)
    return any(
        edit.line
        and other.line
        and (set(lines) & set(range(other.line, other.end)) or _within(edit, other) or _within(other, edit))
        for other in others
    )


def _within(inserted: Edit, replaced: Edit) -> bool:
    return inserted.line == inserted.end and replaced.line < inserted.line < replaced.end
