"""The caller's commands as RUN instructions, with what they meet mounted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from daglet import instructions as ins
from daglet import operations as ops
from daglet import relations
from daglet.dockerfile.edits import Edits
from daglet.dockerfile.names import Names
from daglet.dockerfile.places import Places
from daglet.dockerfile.stage import Stage
from daglet.dockerfile.surroundings import Surroundings


@dataclass(frozen=True, slots=True)
class Commands:
    """Writes commands into stages.

    Parameters
    ----------
    names:
        Where secrets get their ids.
    places:
        Where what is mounted stands.
    mounts:
        Mounts that every command gets beside its own.
    ships:
        Whether they are an image's (see `Options`).
    written:
        The commands so far, by the words that BuildKit runs.
    """

    names: Names
    places: Places
    mounts: tuple[str, ...]
    ships: bool
    written: dict[str, ops.Exec] = field(default_factory=dict)

    def write(self, stage: Stage, around: Surroundings, step: ops.Exec) -> None:
        """Write the instructions that run a command."""
        flags = [flag for mount in around.mounts for flag in self._mount(mount)]
        flags += [
            f"type=secret,id={self.names.secret(name, value)},env={ins.variable(name)}" for name, value in around.volatile
        ]
        flags += [f"type=secret,id={self.names.secret(s.name, s)},env={ins.variable(name)}" for name, s in around.secrets]
        flags += self.mounts
        captured = replace(step, capture=step.capture or (step.expect != "SUCCESS" and not self.ships))
        args = ins.command(captured, around.unset)
        if captured.capture:
            # Whoever runs the command must be able to write there.
            empty = self.places.empty()
            stage.add(f"COPY --chmod=0777 --from={empty.origin} {empty.path}/ {ops.CAPTURE_DIR}/")
        if args is not step.args:
            flags.append(ins.SHIM_MOUNT)
        stage.add(ins.run(flags, args))
        stage.forgets_folders()
        self.written[" ".join(args)] = step
        if captured.capture and not step.capture:
            Edits(self.places, stage, around=around).write(ops.Remove((ops.CAPTURE_DIR,)))

    def _mount(self, mount: ops.Mount) -> Iterator[str]:
        target = ins.mount_value(mount.path)
        match mount.source:
            case ops.CacheVolume(key=key, owner=volume_owner):
                owner = ins.owner_flags(mount.owner or volume_owner)
                identity = ins.cache_id(key)
                yield f"type=cache,id={identity},target={target},sharing={mount.sharing.lower()}{owner}"
                # BuildKit leaves the volume's id out of the command's cache key. This secret never exists, but its id is in it.
                yield f"type=secret,id=cache-{identity}"
            case ops.Directory() as directory:
                place = self.places.directory(directory)
                mode = "" if mount.read_only else ",rw"
                yield f"type=bind,from={place.origin},source={ins.mount_value(place.path)},target={target}{mode}"
                yield from _time_mounts(directory)
            case ops.File() as file:
                place = self.places.file(file)
                yield f"type=bind,from={place.origin},source={ins.mount_value(place.path)},target={target}"
                yield from _time_mounts(file)
            case ops.Secret() as secret:
                mode = f",mode={mount.mode:04o}" if mount.mode is not None else ""
                owner = ins.owner_flags(mount.owner)
                yield f"type=secret,id={self.names.secret(secret.name, secret)},target={target}{mode}{owner}"
            case None:
                size = f",size={mount.size}" if mount.size else ""
                yield f"type=tmpfs,target={target}{size}"


def _time_mounts(node: ops.Node) -> list[str]:
    """Return mounts of secrets that never exist, which do for what is mounted what `relations.time_marks` do for what is copied."""
    return [f"type=secret,id=time{mark.removeprefix('.time')}" for mark in relations.time_marks(node)]
