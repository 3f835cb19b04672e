"""The stages of a Node service: deps, build, prod-deps, runtime (N1 to N6).

package.json + lockfile ─▶ deps ─▶ build ─────┐
                     └───▶ prod-deps ─────────┴▶ runtime

Any package manager but npm is a stage of its own, before deps and prod-deps.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path, PurePosixPath

import dagger
from dagger import dag

from pipeline.detect.model import NodeService, Script
from pipeline.errors import UsageError
from pipeline.graph import Inputs, Kept, ServiceGraph, Stage, Volume
from pipeline.stages import packages
from pipeline.stages.context import BUILD_USER, Context
from pipeline.stages.node_image import APP, MODULES, as_layers, home, is_file, kept_dependencies, runtime
from pipeline.stages.stage import laid_over, stage

# A registry that hangs is told as such within some minutes, where npm's own patience would outlast the service's. It stands
# in the file that no cache key holds, and the user's own settings come after it.
_PATIENCE = """\
fetch-timeout=60000
fetch-retry-mintimeout=1000
fetch-retry-maxtimeout=10000
"""


_COMPILED = "/var/cache/node-compiled"
"""Where Node keeps what it has compiled of a build's own tools, a tenth of the time that a compiler written in JavaScript takes."""

_CHECKED = "/var/cache/tsc"
"""Where `tsc.js` keeps what the TypeScript compiler has found out about a service's files."""

_KEPT = "/kept"
"""Where that is in what a registry has of it."""

_TSC = Path(__file__).with_name("tsc.js")


def graph(service: NodeService, context: Context) -> ServiceGraph:
    """Return the stages of a Node service."""
    manager = _manager(service, context)
    deps = _install(service, context, manager)
    build = _build(service, context, deps)
    # Where nothing is built and production has an install of its own, nobody needs all dependencies.
    needed = build or service.install.production in {"prune", "all"}
    stages = [*([manager] if manager else []), *([deps] if needed else []), *([build] if build else [])]
    images: list[dagger.Container] = []
    for platform in context.platforms:
        prod_deps = _prod_deps(service, context, manager, deps, platform)
        if prod_deps and prod_deps is not deps:
            prod_deps = as_layers(service, context, prod_deps, platform)
        last = runtime(service, context, build, prod_deps, platform)
        stages += [*([prod_deps] if prod_deps and prod_deps is not deps else []), last]
        images.append(last.container)
    return ServiceGraph(context.service, service.kind, tuple(stages), tuple(images))


def _installer(service: NodeService, context: Context, stage_name: str) -> dagger.Container:
    base = context.bases.container("node-build", service.version, context.build_platform, service.build.packages)
    container = context.named(base, stage_name).with_user(BUILD_USER).with_workdir(APP)
    for name, value in _environment(service, context).items():
        container = container.with_env_variable(name, value)
    return container


def _environment(service: NodeService, context: Context) -> dict[str, str]:
    found = packages.environment(service.install)
    if ".npmrc" in context.secret_files:
        # The service's own settings win over the user's, which then are what npm calls global.
        found |= {"npm_config_userconfig": packages.SERVICE_NPMRC, "npm_config_globalconfig": packages.NPMRC}
    if service.build.packages:
        # What a distribution calls cc is a choice of its administrator's, and nobody made it here.
        found |= {"CC": "gcc", "CXX": "g++", "npm_config_nodedir": "/usr/local"}
    return found


def _surroundings(service: NodeService, context: Context, secrets: Iterable[str]) -> dict[str, str]:
    """Return what the commands of a service's stages meet beside their own inputs."""
    beside = {"packages": " ".join(service.build.packages), "secrets": " ".join(sorted(secrets))}
    return {**_environment(service, context), "user": BUILD_USER, "workdir": APP, **beside}


def _install_secrets(service: NodeService, context: Context) -> list[str]:
    return [*context.secret_files, *(name for name in service.install.secrets if name in context.secret_variables)]


def _kept_install(service: NodeService) -> Kept:
    """Return all that an install may have written. What it was given is there in any case, unless it may rewrite that."""
    given = (*service.install.files, *service.install.manifests) if service.install.frozen else ()
    manager = service.install.manager
    # npm runs scripts without its notes. The version of a service is in them, and the dependencies of two may be the same.
    notes = packages.tool(manager).leftovers if manager.name == "npm" else ()
    return Kept((APP,), exclude=(*given, *notes), starts=True)


def _kept_output(service: NodeService) -> Kept:
    made = [f"{APP}/{output.source}" for output in service.output]
    files = tuple(path for path in made if is_file(path))
    return Kept(tuple(path for path in made if path not in files), files, timestamp=None)


def _with_settings(
    service: NodeService, context: Context, container: dagger.Container, *, by: str = "", store: str = ""
) -> dagger.Container:
    """Mount what an install is given beside its inputs: a store, the user's settings, the service's secrets.

    Parameters
    ----------
    by, store:
        The package manager that installs, and where its store is; by default the service's own.
    """
    npmrc = _PATIENCE + context.host.npmrc
    by = by or service.install.manager.name
    store = store or packages.tool(service.install.manager).store
    volume = context.volume(f"pipeline-{by}")
    sharing = dagger.CacheSharingMode.SHARED if packages.is_shared(by) else dagger.CacheSharingMode.LOCKED
    container = container.with_mounted_cache(store, volume, owner=BUILD_USER, sharing=sharing).with_mounted_secret(
        packages.NPMRC, dag.set_secret("npmrc", npmrc), owner=BUILD_USER
    )
    if service.install.manager.name == "berry" and (settings := packages.berry_settings(context.host.npmrc)):
        container = container.with_mounted_secret(
            f"{packages.HOME}/.yarnrc.yml", dag.set_secret("yarnrc", settings), owner=BUILD_USER
        )
    for name, secret in context.secret_files.items():
        place = packages.SERVICE_NPMRC if name == ".npmrc" else f"{packages.HOME}/{name}"
        container = container.with_mounted_secret(place, secret, owner=BUILD_USER)
    for name in service.install.secrets:
        if name in context.secret_variables:
            container = container.with_secret_variable(name, context.secret_variables[name])
    return container


def _without_settings(
    service: NodeService, context: Context, container: dagger.Container, *, store: str = ""
) -> dagger.Container:
    places = [store or packages.tool(service.install.manager).store, packages.NPMRC]
    if service.install.manager.name == "berry" and packages.berry_settings(context.host.npmrc):
        places.append(f"{packages.HOME}/.yarnrc.yml")
    places += [packages.SERVICE_NPMRC if name == ".npmrc" else f"{packages.HOME}/{name}" for name in context.secret_files]
    for place in places:
        container = container.without_mount(place)
    for name in service.install.secrets:
        if name in context.secret_variables:
            container = container.without_secret_variable(name)
    return container


def _manager(service: NodeService, context: Context) -> Stage | None:
    if service.install.manager.name == "npm":
        return None
    name = "package-manager"
    container = _installer(service, context, name).with_directory(packages.MANAGER, dag.directory(), owner=BUILD_USER)
    base = context.bases.describe("node-build", service.version, context.build_platform, service.build.packages)
    return stage(
        context,
        name,
        (),
        _with_settings(service, context, container, by="npm", store=packages.NPM_STORE),
        Inputs(
            base=base.title,
            command=packages.setup(service.install.manager),
            digest=base.digest,
            surroundings=_surroundings(service, context, _install_secrets(service, context)),
        ),
        finish=lambda container: _without_settings(service, context, container, store=packages.NPM_STORE),
        kept=Kept((packages.MANAGER,), starts=True),
    )


def _install(service: NodeService, context: Context, manager: Stage | None, platform: str = "") -> Stage:
    """Return the install of all dependencies, or of those for production on a platform."""
    name = "prod-deps" if platform else "deps"
    # No pattern would stand for every file.
    files = service.install.files
    locked = context.source.filter(include=list(files)) if files else dag.directory()
    manifests = dag.directory().with_directory("/", locked)
    contents = packages.manifests(service.install, production=bool(platform))
    for path, content in contents.items():
        manifests = manifests.with_new_file(path, content)
    start = context.named(manager.container, name) if manager else _installer(service, context, name)
    container = (
        start.with_directory(APP, manifests, owner=BUILD_USER)
        # npm makes no folder where there is nothing to install, and later stages copy it.
        .with_directory(f"{APP}/{MODULES}", dag.directory(), owner=BUILD_USER)
    )
    processor = _other_processor(service, context, platform) if platform else ""
    command = packages.install(service.install, production=bool(platform), processor=processor)
    base = context.bases.describe("node-build", service.version, context.build_platform, service.build.packages)
    return stage(
        context,
        name,
        (manager.name,) if manager else (),
        _with_settings(service, context, container),
        Inputs(
            base="" if manager else base.title,
            command=command,
            variables=service.install.env,
            sources={"lockfile": locked},
            contents=contents,
            digest="" if manager else base.digest,
            surroundings=_surroundings(service, context, _install_secrets(service, context)),
        ),
        platform=platform,
        finish=lambda container: _without_settings(service, context, container),
        kept=kept_dependencies(service) if platform else _kept_install(service),
        lay=_mounted if _is_only_read(service, context) else laid_over,
    )


def _is_only_read(service: NodeService, context: Context) -> bool:
    """Whether nothing but a build's command sees the dependencies, and nothing that it may write among them is wanted."""
    taken = [PurePosixPath(output.source).parts for output in service.output]
    return (
        service.install.members == (".",)
        and service.install.production in {"install", "none"}
        and not any(_is_pruned(service, context, platform) for platform in context.platforms)
        # A build whose whole folder is taken has its dependencies taken, too.
        and not any(MODULES in parts or not parts for parts in taken)
        and not context.replaced
    )


def _is_pruned(service: NodeService, context: Context, platform: str) -> bool:
    """Whether the dependencies of an image are those of the build without what is for development."""
    spared = service.install.compiles_twice and platform == context.build_platform
    return service.install.production == "prune" or spared


def _mounted(container: dagger.Container, known: dagger.Container) -> dagger.Container:
    """Return a container with restored dependencies mounted where they were: copying their thousands of files takes seconds."""
    rest = container.with_directory("/", known.rootfs(), exclude=[f"{APP.strip('/')}/{MODULES}"])
    return rest.with_mounted_directory(f"{APP}/{MODULES}", known.directory(f"{APP}/{MODULES}"))


def _other_processor(service: NodeService, context: Context, platform: str) -> str:
    """Return the processor that an install is for, "" if it is the one that the command runs on.

    Nothing is emulated: what is installed for another processor is chosen, not run.
    """
    if platform == context.build_platform:
        return ""
    if service.install.manager.name not in {"npm", "pnpm", "berry"} or service.install.production != "install":
        how = f"{service.install.manager.name} with prod_deps {service.install.production!r}"
        msg = f"{how} installs for the machine's own platform alone, and {platform} is another"
        raise UsageError(msg, service=context.service, hint="leave out that platform, or build on a machine of it")
    return platform.partition("/")[2]


def _prod_deps(service: NodeService, context: Context, manager: Stage | None, deps: Stage, platform: str) -> Stage | None:
    match service.install.production:
        case "none":
            return None
        case "all":
            return deps
        case "install" if not _is_pruned(service, context, platform):
            return _install(service, context, manager, platform)
    _other_processor(service, context, platform)
    return stage(
        context,
        "prod-deps",
        (deps.name,),
        _with_settings(service, context, context.named(deps.container, "prod-deps")),
        Inputs(
            command=packages.prune(service.install),
            surroundings=_surroundings(service, context, _install_secrets(service, context)),
        ),
        platform=platform,
        finish=lambda container: _without_settings(service, context, container),
        kept=kept_dependencies(service),
    )


def _build(service: NodeService, context: Context, deps: Stage) -> Stage | None:
    if not service.builds and not service.build.before:
        return None
    sources = context.files(service.sources)
    container = (
        context.named(deps.container, "build")
        .with_directory(APP, sources, owner=BUILD_USER)
        .with_mounted_cache(_COMPILED, context.volume("pipeline-node-compiled"), owner=BUILD_USER)
        .with_env_variable("NODE_COMPILE_CACHE", _COMPILED)
    )
    checks = any(packages.runs_tsc(script) for script in service.builds)
    if checks:
        container = _with_tsc(context, container)
    built = stage(
        context,
        "build",
        ("deps",),
        _with_variables(service, context, container),
        Inputs(
            command=_build_command(service),
            variables=service.build.env,
            sources={"sources": sources},
            surroundings=_surroundings(service, context, context.secret_variables),
        ),
        kept=_kept_output(service),
    )
    return replace(built, volume=_checked(context, built)) if checks and built.kept else built


def _with_variables(service: NodeService, context: Context, container: dagger.Container) -> dagger.Container:
    """Return a container with the variables of a build, plain and secret."""
    for name, value in service.build.env.items():
        container = container.with_env_variable(name, value)
    for name, secret in context.secret_variables.items():
        container = container.with_secret_variable(name, secret)
    return container


def _with_tsc(context: Context, container: dagger.Container) -> dagger.Container:
    """Return a container in which `tsc` checks again only what an edit bears on."""
    program = dag.directory().with_new_file("tsc", _TSC.read_text(encoding="utf-8"), permissions=0o755)
    container = container.with_mounted_directory(packages.TOOLS, program).with_env_variable("TSC_KEPT", _CHECKED)
    return context.with_volume(container, "build", _CHECKED, f"pipeline-tsc-{context.service}", _KEPT)


def _checked(context: Context, built: Stage) -> Volume:
    """Return what the compiler has found out. Of another service's files it would say nothing."""
    made = built.container.with_directory(_KEPT, dag.directory(), owner=BUILD_USER)
    return Volume(made.with_exec(["cp", "-r", f"{_CHECKED}/.", _KEPT]), Kept((_KEPT,)), {"service": context.service})


def _build_command(service: NodeService) -> tuple[str, ...]:
    """Return the command that builds: one script by itself, several in the order in which they need each other."""
    if not service.build.before and [script.folder for script in service.builds] == ["."]:
        return packages.build(service.install.manager, service.builds[0], APP)
    return ("sh", "-ec", _in_turn(service, service.builds))


def _in_turn(service: NodeService, scripts: Iterable[Script]) -> str:
    """Return the script that runs what is to run first, and then a service's own scripts."""
    # Each command begins in the service's folder, wherever the one before went.
    before = [line for command in service.build.before for line in (f"cd {shlex.quote(home(service))}", command)]
    if home(service) == APP:
        before = before[1:]
    back = [f"cd {APP}"] if before else []
    runs = ((script.folder, packages.build(service.install.manager, script, APP)) for script in scripts)
    built = [f"(cd {shlex.quote(folder)} && {shlex.join(command)})" for folder, command in runs]
    return "".join(f"{line}\n" for line in (*before, *back, *built))


def check(service: NodeService, context: Context, script: str) -> dagger.Container:
    """Return the container in which a script of the service's own (its tests, its linter) has run."""
    deps = _install(service, context, _manager(service, context))
    sources = context.files(service.check_sources)
    container = context.named(deps.container, script).with_directory(APP, sources, owner=BUILD_USER)
    # As in a build, what the service needs of its workspace is built before it.
    if needed := _in_turn(service, (item for item in service.builds if item.folder != service.place.folder)):
        container = _with_variables(service, context, container).with_exec(["sh", "-ec", needed])
    container = container.with_workdir(home(service))
    return container.with_exec(list(packages.run(service.install.manager, script)))
