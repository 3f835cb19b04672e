"""What an image that ships may not hold, by the paths of its files.

This is no search for known vulnerabilities, which takes a database of them. It finds what a careless stage leaves in an
image, and what serves an intruder more than the service.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_REFUSED: Mapping[str, re.Pattern[str]] = {
    "a secret": re.compile(
        r"(^|/)(\.env(\.(?!example$|sample$)[^/]+)?|\.npmrc|\.netrc|\.git-credentials|id_(rsa|ed25519)|[^/]+\.(p12|pfx))$"
    ),
    "a repository's history": re.compile(r"(^|/)\.git/"),
    "a shell": re.compile(r"(^|/)s?bin/(sh|bash|dash|ash|busybox)$"),
    "a package manager": re.compile(r"(^|/)s?bin/(npm|npx|yarn|pnpm|apt|apt-get|dpkg|apk|pip3?)$"),
    "a compiler": re.compile(r"(^|/)bin/(go|gcc|cc|g\+\+|tsc|esbuild)$"),
}


def refused(paths: Iterable[str]) -> list[str]:
    """Return what is wrong with an image's files, a line each; nothing where all may ship."""
    return [f"{path} is {what}" for path in paths for what, pattern in _REFUSED.items() if pattern.search(path)]
