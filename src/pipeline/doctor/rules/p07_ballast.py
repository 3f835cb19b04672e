"""P7: an image over 500 MB, or with build tools, a package manager or development dependencies in its runtime stage."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.detect.syntax import document
from pipeline.doctor.dockerfile import Dockerfile, Instruction, Stage
from pipeline.doctor.facts import Step, for_development, image, installs, lineage_steps, production_only, serves
from pipeline.doctor.model import Family, Finding, Rule, Severity
from pipeline.doctor.service import ServiceFolder

_LIMIT_MB = 500
_TOOLS = {
    "autoconf",
    "automake",
    "build-base",
    "build-essential",
    "clang",
    "cmake",
    "g++",
    "gcc",
    "gcc-c++",
    "go",
    "golang",
    "linux-headers",
    "make",
    "node-gyp",
    "nodejs-dev",
    "py3-setuptools",
    "python3-dev",
}
_INSTALLERS = {("apt-get", "install"), ("apt", "install"), ("apk", "add"), ("dnf", "install"), ("yum", "install")}
_MANAGERS = {"npm", "pnpm", "yarn"}
_PRUNES = {("npm", "prune"), ("pnpm", "prune"), ("yarn", "autoclean")}

_GOOD = {
    "Dockerfile": """\
FROM node:22.11.0 AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci
COPY tsconfig.json ./
COPY src ./src
RUN npm run build
FROM node:22.11.0-slim AS deps
WORKDIR /app
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev
FROM node:22.11.0-slim
WORKDIR /app
COPY --from=deps /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
USER node
CMD ["node", "dist/index.js"]
""",
    "package.json": '{"devDependencies": {"typescript": "5.9.3"}}\n',
}


def _bad(old: str, new: str) -> dict[str, str]:
    return {**_GOOD, "Dockerfile": _GOOD["Dockerfile"].replace(old, new)}


BUILD_TOOLS = Rule(
    id="P7-build-tools",
    title="Build tools in the final image",
    why="Compilers are some hundred MB that every start pulls, and tools for whoever breaks in.",
    severity=Severity.WARNING,
    bad=_bad("\nUSER node", "\nRUN apt-get update && apt-get install -y build-essential python3\nUSER node"),
    good=_GOOD,
)
TOOLCHAIN_BASE = Rule(
    id="P7-toolchain-base",
    title="The final image stands on a toolchain's image",
    why="`golang` is 800 MB and more, the full `node` image 1.1 GB: compilers, headers and sources that nothing runs.",
    severity=Severity.WARNING,
    bad=_bad("FROM node:22.11.0-slim\n", "FROM node:22.11.0\n"),
    good=_GOOD,
)
DEV_DEPENDENCIES = Rule(
    id="P7-dev-dependencies",
    title="Development dependencies in the final image",
    why="Compilers, linters and test runners are often most of `node_modules`, and most of its vulnerabilities.",
    severity=Severity.WARNING,
    bad=_bad("--from=deps", "--from=build"),
    good=_GOOD,
)
PACKAGE_MANAGER = Rule(
    id="P7-package-manager",
    title="A package manager is installed into the final image",
    why="The service does not need one to run: what is not there needs no update.",
    severity=Severity.NOTE,
    bad=_bad("\nUSER node", "\nRUN npm install -g pnpm@10.34.8\nUSER node"),
    good=_GOOD,
)
LARGE_IMAGE = Rule(
    id="P7-large-image",
    title="An image over 500 MB",
    why="Every node that starts the service pulls it first.",
    severity=Severity.WARNING,
    bad={
        "pipeline.toml": '[services.app]\npath = "app"\n',
        "app/go.mod": "module example.com/app\n\ngo 1.25\n",
        "app/main.go": "package main\n\nfunc main() {}\n",
        "dist/report.json": '{"services": [{"service_name": "app", "image_size_uncompressed_mb": 812.5}]}\n',
    },
    good={
        "pipeline.toml": '[services.app]\npath = "app"\n',
        "app/go.mod": "module example.com/app\n\ngo 1.25\n",
        "app/main.go": "package main\n\nfunc main() {}\n",
        "dist/report.json": '{"services": [{"service_name": "app", "image_size_uncompressed_mb": 8.5}]}\n',
    },
)


def _check(dockerfile: Dockerfile) -> Iterator[Finding]:
    final = dockerfile.final
    if not serves(final) or for_development(dockerfile):
        return
    base = image(final.image)
    if base.official and base.known and (base.short == "golang" or (base.short == "node" and _is_full(base.tag))):
        smaller = "scratch or a distroless base" if base.short == "golang" else f"{base.name}:{base.tag or '22'}-slim"
        yield TOOLCHAIN_BASE.at(
            dockerfile.name,
            final.line,
            f"the final image stands on {final.image}, with compilers in it",
            f"build in a stage of its own, and copy what it makes onto {smaller}",
        )
    for step in lineage_steps(dockerfile, final):
        yield from _tools(dockerfile, step)
        yield from _manager(dockerfile, step)
    yield from _dev_dependencies(dockerfile)


def _is_full(tag: str) -> bool:
    return not any(part in tag for part in ("slim", "alpine"))


def _tools(dockerfile: Dockerfile, step: Step) -> Iterator[Finding]:
    command = step.command
    if (command.program, command.operands[0] if command.operands else "") not in _INSTALLERS:
        return
    found = sorted(_TOOLS.intersection(word.partition("=")[0] for word in command.operands))
    removed = any(
        other.program in {"apk", "apt-get", "apt"} and {"del", "purge", "remove", "autoremove"}.intersection(other.operands[:1])
        for other in step.instruction.script.commands
    )
    if found and not removed:
        yield BUILD_TOOLS.at(
            dockerfile.name,
            step.instruction.line_of(found[0]),
            f"{', '.join(found)} {'is' if len(found) == 1 else 'are'} installed into the final image",
            "install it in the stage that compiles, and copy what that makes",
        )


def _manager(dockerfile: Dockerfile, step: Step) -> Iterator[Finding]:
    command = step.command
    names = {word.lstrip("@").partition("@")[0] for word in command.operands}
    globally = command.program == "npm" and command.option("-g", "--global") and names & (_MANAGERS - {"npm"})
    if globally or command.starts("corepack", "enable") or command.starts("corepack", "prepare"):
        yield PACKAGE_MANAGER.at(
            dockerfile.name,
            command.line,
            f"`{' '.join(command.words[:4])}` in the final image",
            "install dependencies in a stage of its own, and start with `node`",
        )


def _dev_dependencies(dockerfile: Dockerfile) -> Iterator[Finding]:
    final = dockerfile.final
    development = _development(dockerfile)
    started = {word for name in ("ENTRYPOINT", "CMD") if (item := final.last(name)) for word in item.args}
    if not development or started & development:
        return
    full = _full_install(dockerfile, final)
    if full:
        yield DEV_DEPENDENCIES.at(
            dockerfile.name,
            full.command.line,
            f"`{' '.join(full.command.words[:3])}` in the final image installs development dependencies, too",
            "`npm ci --omit=dev` (pnpm: `--prod`), and build in another stage",
        )
        return
    for item in final.chain():
        source = dockerfile.stage(item.flag("from")) if item.name == "COPY" and item.flag("from") else None
        if source is None or source in final.lineage or not _takes_modules(item, source):
            continue
        if found := _full_install(dockerfile, source):
            yield DEV_DEPENDENCIES.at(
                dockerfile.name,
                item.line,
                f"node_modules of {source.title} comes with the development dependencies that line {found.command.line} installs",
                "copy it from a stage that installs with `--omit=dev` (pnpm: `--prod`)",
            )
            return


def _development(dockerfile: Dockerfile) -> set[str]:
    """Return the development dependencies of the manifests that are copied, none where none is found."""
    found: set[str] = set()
    for stage in dockerfile.stages:
        for item in stage.instructions:
            for source in item.copied if item.from_context else ():
                place = dockerfile.context.folder / source
                manifest = place.with_name("package.json") if place.name.startswith("package") else place / "package.json"
                value = document(manifest).value
                table = value.get("devDependencies") if isinstance(value, dict) else None
                found |= set(table) if isinstance(table, dict) else set()
    return found


def _takes_modules(item: Instruction, source: Stage) -> bool:
    """Whether a `COPY` takes node_modules as they are: by name, or with the folder that the stage works in."""
    paths = {path.rstrip("/") for path in item.copied}
    if any(path.endswith("node_modules") and "standalone" not in path for path in paths):
        return True
    workdir = source.last("WORKDIR")
    return bool(workdir and workdir.args and workdir.args[0].rstrip("/") in paths)


def _full_install(dockerfile: Dockerfile, stage: Stage) -> Step | None:
    """Return the step that leaves development dependencies in a stage, None where there is none."""
    found: Step | None = None
    for step in lineage_steps(dockerfile, stage):
        command = step.command
        if installs(command) in {"npm", "pnpm", "yarn"}:
            found = None if production_only(step) else step
        elif (
            (command.program, command.operands[0] if command.operands else "") in _PRUNES
            or (command.program == "rm" and any("node_modules" in word for word in command.words))
            or (any(word in {"focus", "deploy"} for word in command.operands) and command.program in {"yarn", "pnpm"})
        ):
            found = None
    return found


def _service(service: ServiceFolder) -> Iterator[Finding]:
    report = document(service.root / "dist" / "report.json").value
    rows = report.get("services") if isinstance(report, dict) else None
    for row in rows if isinstance(rows, list) else ():
        size = row.get("image_size_uncompressed_mb") if isinstance(row, dict) else None
        if isinstance(size, int | float) and size > _LIMIT_MB and row.get("service_name") == service.name:
            yield LARGE_IMAGE.at(
                service.shown("."),
                0,
                f"the image of {service.name} was {size:g} MB when it was built last",
                "`pipeline plan` shows what goes in; `files`, `node.prod_deps` and `runtime.packages` decide",
            )


FAMILY = Family(
    "P7",
    "Ballast in the final image",
    (BUILD_TOOLS, TOOLCHAIN_BASE, DEV_DEPENDENCIES, PACKAGE_MANAGER, LARGE_IMAGE),
    dockerfile=_check,
    service=_service,
)
