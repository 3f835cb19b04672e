"""Which form of progress is shown: what is asked for, else what the terminal or the CI can show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TextIO

from pipeline.progress.lines import Lines, Progress, Quiet

FORMS = ("auto", "tty", "plain", "quiet")


def choose(form: str, environ: Mapping[str, str], stream: TextIO) -> Progress:
    """Return the progress in one of FORMS. A terminal that cannot move its cursor (TERM=dumb) is none.

    Parameters
    ----------
    stream:
        What the progress is written to.
    """
    match form:
        case "quiet":
            return Quiet()
        case "tty":
            return _terminal(stream)
        case "auto" if stream.isatty() and environ.get("TERM") != "dumb" and not environ.get("CI"):
            return _terminal(stream)
        case _:
            return _lines(environ, stream)


def _terminal(stream: TextIO) -> Progress:
    from pipeline.progress.terminal import Terminal  # noqa: PLC0415 - for those who look at one

    return Terminal(stream)


def _lines(environ: Mapping[str, str], stream: TextIO) -> Progress:
    if environ.get("GITHUB_ACTIONS") == "true":
        from pipeline.progress.ci import GitHub  # noqa: PLC0415

        return GitHub(stream)
    if environ.get("GITLAB_CI") == "true":
        from pipeline.progress.ci import GitLab  # noqa: PLC0415

        return GitLab(stream)
    return Lines(stream)
