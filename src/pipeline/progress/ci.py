"""Progress in a CI's log: a group a service, in the provider's own form, open where the service failed."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline.progress.lines import Lines, described, told

if TYPE_CHECKING:
    from pipeline.report.model import ServiceResult


def _details(result: ServiceResult) -> Iterator[str]:
    for stage in result.stages:
        yield f"  {stage.name:<18}  {told(stage)}"
    yield from result.error_message.splitlines()


class _Grouped(Lines):
    """A service's end is told with all that is known of it, together: services run side by side, groups do not."""

    def event(self, service: str, text: str) -> None:
        """Write a line, unless the group says it."""
        if text not in {"built", "failed", "timeout", "cancelled", "error"}:
            super().event(service, text)


class GitHub(_Grouped):
    """GitHub's workflow commands. A failed service is an annotation, too.

    Source: GitHub's reference "Workflow commands for GitHub Actions".
    """

    def ended(self, result: ServiceResult) -> None:
        """Write the group, in which nothing is taken for a command: a build's output may look like one."""
        word = secrets.token_hex(8)
        self(f"::group::{_data(f'{result.service_name}: {described(result)}')}")
        self(f"::stop-commands::{word}")
        for line in _details(result):
            self(line)
        self(f"::{word}::")
        self("::endgroup::")
        if not result.success:
            title = _data(f"{result.service_name} {result.status}").replace(":", "%3A").replace(",", "%2C")
            self(f"::error title={title}::{_data(result.error_message)}")


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


class GitLab(_Grouped):
    """GitLab's collapsible sections; one of a service that failed stands open.

    Source: GitLab's reference "GitLab CI/CD job logs", section "Custom collapsible sections".
    """

    def ended(self, result: ServiceResult) -> None:
        """Write the section."""
        name = "pipeline_" + re.sub(r"[^A-Za-z0-9_.-]", "_", result.service_name)
        option = "[collapsed=true]" if result.success else ""
        title = f"{result.service_name}: {described(result)}"
        self(f"\x1b[0Ksection_start:{time.time():.0f}:{name}{option}\r\x1b[0K{title}")
        for line in _details(result):
            self(line)
        self(f"\x1b[0Ksection_end:{time.time():.0f}:{name}\r\x1b[0K")
