"""Findings mended where a machine can."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pipeline.doctor.model import Edit, Finding
from pipeline.files import write_text_atomic


def apply(root: Path, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Change files as findings say, and return those that were mended.

    Of two findings that would change the same lines the first is mended: the other one may be gone then.
    """
    done: list[Finding] = []
    accepted: dict[str, list[Edit]] = {}
    for item in findings:
        if item.edits and not any(_collides(edit, accepted.get(edit.file, [])) for edit in item.edits):
            done.append(item)
            for edit in item.edits:
                accepted.setdefault(edit.file, []).append(edit)
    for name, edits in accepted.items():
        path = root / name
        text = path.read_bytes().decode("utf-8") if path.is_file() else ""
        write_text_atomic(path, edited(text, edits))
    return tuple(done)


def edited(text: str, edits: Iterable[Edit]) -> str:
    """Return a text with edits made, the last lines first so that the numbers of the others hold."""
    lines = text.splitlines(keepends=True)
    ending = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    for edit in sorted(edits, key=lambda item: item.line or len(lines) + 1, reverse=True):
        new = [line + ending for line in edit.text.splitlines()]
        if not edit.line:
            if lines and not lines[-1].endswith("\n"):
                lines[-1] += ending
            present = {line.strip() for line in lines}
            lines += [line for line in new if line.strip() not in present]
        else:
            lines[edit.line - 1 : edit.end - 1] = new
    return "".join(lines)


def _collides(edit: Edit, others: Iterable[Edit]) -> bool:
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
