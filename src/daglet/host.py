"""Settings of the host that commands need and images must not keep: the CA bundle and proxies.

They reach a command as secrets, which BuildKit leaves out of cache keys, image layers and its own history; as arguments of
the client's they would be there for everybody to read, and a proxy's address may hold a password. The mounts are the same
on every machine, whether it has such settings or not: otherwise they would part the caches.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CA_PATH = "/run/host/ca-certificates.crt"
_CA_ID = "host-ca"
_PROXY_ID = "host-proxy"
_CA_VARIABLES = ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "GIT_SSL_CAINFO")
_PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY")

STEP_MOUNTS = (
    f"type=secret,id={_CA_ID},target={CA_PATH},mode=0444",
    *(f"type=secret,id={_CA_ID}-{name},env={name}" for name in _CA_VARIABLES),
    # Programs differ in which of the two they read.
    *(f"type=secret,id={_PROXY_ID}-{name},env={form}" for name in _PROXY_VARIABLES for form in (name, name.lower())),
)
"""The mounts of every command that may reach the network."""


def own_platform() -> str:
    """Return the platform of this machine, as images name it."""
    machine = os.uname().machine
    return f"linux/{ {'x86_64': 'amd64', 'aarch64': 'arm64'}.get(machine, machine) }"


@dataclass(frozen=True, slots=True)
class HostSettings:
    """What the host's own programs use to reach the network.

    Parameters
    ----------
    ca_bundle:
        A file of CA certificates in PEM, None for the image's own.
    proxies:
        Proxy variables by name, in capitals.
    """

    ca_bundle: Path | None
    proxies: Mapping[str, str]

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> HostSettings:
        """Read the settings from the variables that curl, node, Python and git know."""
        bundles = (Path(environ[name]) for name in _CA_VARIABLES if environ.get(name))
        proxies = {name: environ.get(name) or environ.get(name.lower()) or "" for name in _PROXY_VARIABLES}
        return cls(
            ca_bundle=next((path for path in bundles if path.is_file()), None),
            proxies={name: value for name, value in proxies.items() if value},
        )

    @property
    def secrets(self) -> Mapping[str, str]:
        """Plain values of the mounts' variables, by secret id."""
        bundle = {f"{_CA_ID}-{name}": CA_PATH for name in _CA_VARIABLES} if self.ca_bundle else {}
        return bundle | {f"{_PROXY_ID}-{name}": value for name, value in self.proxies.items()}

    @property
    def secret_files(self) -> Mapping[str, Path]:
        """Files of the mounts, by secret id."""
        return {_CA_ID: self.ca_bundle} if self.ca_bundle else {}
