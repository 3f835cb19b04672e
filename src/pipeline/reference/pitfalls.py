"""docs/doctor.md, from the table of rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipeline.doctor.model import Family, Rule
from pipeline.doctor.rules import FAMILIES

LEFT_TO_BUILDKIT = (
    "ConsistentInstructionCasing",
    "CopyIgnoredFile",
    "DuplicateStageName",
    "ExposeInvalidFormat",
    "ExposeProtoCasing",
    "FromAsCasing",
    "FromPlatformFlagConstDisallowed",
    "InvalidBaseImagePlatform",
    "InvalidDefaultArgInFrom",
    "InvalidDefinitionDescription",
    "LegacyKeyValueFormat",
    "MaintainerDeprecated",
    "MultipleInstructionsDisallowed",
    "NoEmptyContinuation",
    "RedundantTargetPlatform",
    "ReservedStageName",
    "StageNameCasing",
    "UndefinedArgInFrom",
    "WorkdirRelativePath",
)
"""Checks of BuildKit's own that doctor leaves to `docker build --check`."""

_HEAD = """\
# `pipeline doctor`

Pitfalls of services and Dockerfiles, found before they cost a day. This page is made from the rules themselves.

`pipeline doctor [PATH]... [--format text|json|sarif] [--fix]` examines the services of `pipeline.toml` (of a survey where there
is none) and the Dockerfiles below the folders, or the files that are named. It ends with 1 where it finds an error, else with
0. `--fix` mends what is mechanical. What is not to be reported is said in `pipeline.toml`:

```toml
[doctor]
ignore = ["P10-no-digest"]   # rules, or whole families ("P10")
exclude = ["examples"]       # files and folders
```

An **error** breaks, leaks, or does not do what it says; a **warning** costs time, size or safety; a **note** could be better.
"""

_BUILDKIT = """\
## What BuildKit checks itself

`docker build --check` runs BuildKit's own checks, which doctor does not repeat: {left}. Where a rule above names a check of
BuildKit's, doctor says more about the same line; switched off in the file (`# check=skip=NAME`), it is off here, too.
"""


def doctor_page() -> str:
    """Return the rules as Markdown, each with its examples."""
    parts = [_HEAD, *(part for family in FAMILIES for part in _family(family))]
    parts.append(_BUILDKIT.format(left=", ".join(f"`{name}`" for name in LEFT_TO_BUILDKIT)))
    return "\n".join(parts)


def _family(family: Family) -> Iterator[str]:
    yield f"## {family.id}: {family.title}\n"
    for rule in family.rules:
        yield from _rule(rule)


def _rule(rule: Rule) -> Iterator[str]:
    also = f" BuildKit calls it `{rule.buildkit}`." if rule.buildkit else ""
    yield f"### {rule.id}\n\n**{rule.title}** ({rule.severity}).{also} {rule.why}\n"
    differing = {name: None for name in (*rule.bad, *rule.good) if rule.bad.get(name) != rule.good.get(name)}
    for title, files in (("Bad", rule.bad), ("Good", rule.good)):
        yield f"{title}:\n"
        for name in differing:
            yield _file(name, files)


def _file(name: str, files: Mapping[str, str]) -> str:
    if name not in files:
        return f"(no `{name}`)\n"
    language = {"Dockerfile": "dockerfile"}.get(name, name.rpartition(".")[2] if "." in name.rpartition("/")[2][1:] else "text")
    heading = "" if name == "Dockerfile" else f"`{name}`\n\n"
    return f"{heading}```{language}\n{files[name]}```\n"
