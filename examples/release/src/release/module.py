"""The release: the pipeline module's functions in the order in which they may fail, and the tags last."""

from __future__ import annotations

from typing import Annotated

import dagger
from dagger import DefaultPath, Doc, Ignore, dag, function, object_type

from release.contents import refused


class Refused(Exception):
    """A release that is not made, with the reason."""


@object_type
class Release:
    """Releases services that the pipeline module builds."""

    source: Annotated[
        dagger.Directory,
        DefaultPath("/"),
        Ignore([".git", "**/node_modules", "dist", "**/.venv", "**/__pycache__"]),
        Doc("The repository that has pipeline.toml."),
    ]
    bases: Annotated[dagger.Directory | None, Doc("Base images assembled from packages, as the pipeline takes them.")] = None

    @function(cache="never")
    async def release(
        self,
        registry: Annotated[str, Doc("Where images go: REGISTRY/SERVICE:VERSION.")],
        version: Annotated[str, Doc("The tag of the release.")],
        services: Annotated[list[str], Doc("The services that are released together.")],
    ) -> str:
        """Check, build, scan and publish services; tag them once all of that went well. Returns REF@DIGEST, a line each."""
        pipeline = dag.pipeline(source=self.source, bases=self.bases)
        await pipeline.tests(services=services)
        await pipeline.smoke(services=services)
        images = {name: pipeline.image(name) for name in services}
        for name, image in images.items():
            if wrong := refused(await image.rootfs().glob("**/*")):
                msg = f"{name} holds what may not ship: {'; '.join(wrong)}"
                raise Refused(msg)
        candidates = [await image.publish(f"{registry}/{name}:{version}-candidate") for name, image in images.items()]
        released = [await image.publish(f"{registry}/{name}:{version}") for name, image in images.items()]
        for candidate, tagged in zip(candidates, released, strict=True):
            if tagged.partition("@")[2] != candidate.partition("@")[2]:
                msg = f"{tagged} is not the image that was published as {candidate}"
                raise Refused(msg)
        return "".join(f"{tagged}\n" for tagged in released)
