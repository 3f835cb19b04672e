"""Evidence of what ran: each stage's command leaves a stamp that tells which run wrote it, when, and how long it took.

The run's id reaches the command as a volatile variable, which is no part of the cache key. A stage that came from the
cache therefore still holds the stamp of the run that executed it. Stamps stand outside all that later stages copy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import dagger

RUN_VARIABLE = "PIPELINE_RUN"
"""The volatile variable that holds the id of the run."""

STAGE_VARIABLE = "PIPELINE_STAGE"
"""The volatile variable that names the stage, for whoever shows the operations to people."""

_FOLDER = "/tmp/pipeline"  # noqa: S108 - the one folder that any user of any base may write to

_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"

# How long a command took is read off the clock since boot, which never goes back; when it began, off the calendar, which
# machines share: busybox's `date` knows no nanoseconds, and answers with the letters. An engine adds
# the certificates of its own network to the system's bundle, which node does not read unless told. Links get their one time
# here, since a Dagger Engine's `withTimestamps` follows them to what they point at.
_SCRIPT = f"""\
[ ! -e {_BUNDLE} ] || export NODE_EXTRA_CA_CERTS="${{NODE_EXTRA_CA_CERTS:-{_BUNDLE}}}"
began=$(date +%s.%N)
read -r start _ </proc/uptime
stage=$1
shift
"$@" || exit
read -r end _ </proc/uptime
find . -type l -newermt @1 -exec touch -h -d @0 {{}} +
mkdir -p /tmp/pipeline && echo "$PIPELINE_RUN $start $end ${{began%.*N}}" >"/tmp/pipeline/$stage"
"""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a stage's command left behind.

    Parameters
    ----------
    run:
        The id of the run that executed the command.
    seconds:
        How long the command took then.
    started:
        When it began, in seconds since 1970 by the clock of the engine's machine.
    """

    run: str
    seconds: float
    started: float = 0.0

    @classmethod
    def parse(cls, text: str) -> Stamp:
        """Read a stamp's file."""
        run, start, end, began = text.split()
        return cls(run, round(float(end) - float(start), 3), round(float(began), 3))


def stamped(container: dagger.Container, stage: str, command: Sequence[str], run: str, fresh: str = "") -> dagger.Container:
    """Return the container after a stage's command. Without a run's id, as for a plan, the command stands alone.

    A command that is to run whatever the engine has is told apart from all before it by a comment.
    """
    if not run:
        return container.with_exec(list(command))
    script = f"{_SCRIPT}# {fresh}\n" if fresh else _SCRIPT
    return container.with_volatile_variable(RUN_VARIABLE, run).with_exec(["sh", "-c", script, "--", stage, *command])


def stage_of(command: Sequence[str]) -> str:
    """Return the stage whose command this is, "" if it is none that `stamped` made."""
    first = tuple(command[:4])
    ours = (*first[:2], *first[3:]) == ("sh", "-c", "--") and first[2].startswith(_SCRIPT)
    return command[4] if ours else ""


def bare(command: Sequence[str]) -> tuple[str, ...]:
    """Return the command that a stage was asked to run, without what `stamped` put around it."""
    return tuple(command[5:] if stage_of(command) else command)


def stamp_file(container: dagger.Container, stage: str) -> dagger.File:
    """Return the stamp that a stage's command left."""
    return container.file(f"{_FOLDER}/{stage}")
