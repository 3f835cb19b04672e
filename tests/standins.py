"""Stand-ins for official images, made from our own bases and pushed to a registry on loopback.

They have what the pipeline relies on and may not take for granted: the paths, the users, the entry points and the
environment of the official images, and an index for their platforms.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio

from daglet.archives import unpack
from daglet.embedded import Engine, Layout, acquire
from pipeline.bases.model import BaseSet, Role, load
from pipeline.folders import cache_folder
from pipeline.stages.context import default_platform
from tools import Registry, Tools

_USERS = """\
root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
nobody:x:65534:65534::/nonexistent:/usr/sbin/nologin
"""
_GROUPS = "root:x:0:\ndaemon:x:1:\nnogroup:x:65534:\n"

NODE = f"""\
FROM node-build
COPY <<EOF /etc/passwd
{_USERS}node:x:1000:1000::/home/node:/bin/bash
EOF
COPY <<EOF /etc/group
{_GROUPS}node:x:1000:
EOF
COPY --chmod=0755 <<"EOF" /usr/local/bin/docker-entrypoint.sh
#!/bin/sh
exec "$@"
EOF
ENV NODE_VERSION=22
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["node"]
"""

# It has no user 1000, and so no home for one.
GO = f"""\
FROM go-build
RUN ["rm", "-rf", "/home/node"]
COPY <<EOF /etc/passwd
{_USERS}EOF
COPY <<EOF /etc/group
{_GROUPS}EOF
RUN ["chmod", "-R", "1777", "/go"]
ENV GOLANG_VERSION=1.26 GOTOOLCHAIN=local GOPATH=/go
ENV PATH=/go/bin:/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
WORKDIR /go
"""

BUSYBOX = """\
FROM config
CMD ["sh"]
"""


@dataclass(frozen=True)
class Hub:
    """A hub whose images can be replaced. `state` is that of the engine which makes them."""

    registry: Registry
    state: Path
    go_version: str

    @property
    def address(self) -> str:
        return f"{self.registry.address}/library"

    def push(self, image: str, dockerfile: str) -> None:
        """Build an image from our own bases and give it a tag."""
        anyio.run(self._push, image, dockerfile)

    async def _push(self, image: str, dockerfile: str) -> None:
        layout = Layout.from_environment({**os.environ, "DAGLET_STATE": str(self.state)})
        async with acquire(layout, os.environ, lambda _: None) as engine:
            with tempfile.TemporaryDirectory() as folder:
                Path(folder, "Dockerfile").write_text(dockerfile)
                await anyio.run_process(self._command(engine, image, folder))

    def _command(self, engine: Engine, image: str, folder: str) -> list[str]:
        output = f"type=image,name={self.address}/{image},push=true,oci-mediatypes=true"
        return [
            *(str(engine.buildctl), "--addr", engine.address, "build", "--progress=plain", "--frontend=dockerfile.v0"),
            *("--local", f"dockerfile={folder}", "--opt", "multi-platform=true", "--output", output),
            *self._base("node-build", "22"),
            *self._base("go-build", self.go_version),
            *self._base("config", ""),
        ]

    def _base(self, role: Role, version: str) -> Iterator[str]:
        bases = cache_folder() / "bases"
        archive = BaseSet(bases, load(bases)).get(role, version, default_platform()).archive
        layout = unpack(bases / archive, self.state / "layouts")
        yield f"--oci-layout={role}={layout.path}"
        yield f"--opt=context:{role}=oci-layout://{role}@{layout.digest}"


@contextmanager
def hub(tools: Tools, folder: Path, state: Path, go_version: str) -> Iterator[Hub]:
    """Run a hub that has the official images which the sample services are built from."""
    with tools.registry(folder) as registry:
        made = Hub(registry, state, go_version)
        made.push("node:22-bookworm-slim", NODE)
        made.push(f"golang:{go_version}-bookworm", GO)
        made.push("busybox:1", BUSYBOX)
        yield made
