"""Package managers at work: what each is installed by, what its commands are, where its store lies."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.detect.model import Install, Manager, Script

NPMRC = "/run/secrets/npmrc"
SERVICE_NPMRC = "/run/secrets/service-npmrc"
HOME = "/home/node"
MANAGER = "/opt/manager"
NPM_STORE = "/var/cache/npm"
NPM_NOTES = "/tmp/npm"  # noqa: S108 - the one folder that any user of any base may write to
TOOLS = "/opt/pipeline/bin"
"""Where programs of ours lie that stand before a service's own."""

PATH = f"{MANAGER}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# What an install needs no network for, and what no build in a container reads.
_NPM_ENV = {
    "npm_config_cache": NPM_STORE,
    "npm_config_userconfig": NPMRC,
    "npm_config_audit": "false",
    "npm_config_fund": "false",
    "npm_config_update_notifier": "false",
}


@dataclass(frozen=True, slots=True)
class Tool:
    """How a package manager is used.

    Parameters
    ----------
    package:
        The npm package that it is, "" for npm itself.
    store:
        Where its cache volume is mounted.
    leftovers:
        Notes that it leaves among the dependencies, which differ where those do not, by the time or by the service's own
        version, and that nothing reads when a service runs.
    shared:
        Whether several installs may use the store at once.
    """

    package: str
    store: str
    env: Mapping[str, str]
    leftovers: tuple[str, ...] = ()
    shared: bool = True


_TOOLS = {
    "npm": Tool("", NPM_STORE, {}, ("node_modules/.package-lock.json",)),
    "pnpm": Tool(
        "pnpm",
        "/var/cache/pnpm",
        {"CI": "1", "npm_config_verify_deps_before_run": "false"},
        ("node_modules/.modules.yaml", "node_modules/.pnpm-workspace-state.json", "node_modules/.pnpm-workspace-state-v1.json"),
    ),
    "yarn": Tool(
        "yarn",
        "/var/cache/yarn",
        {"HOME": HOME},
        ("node_modules/.yarn-integrity",),
        shared=False,
    ),
    "berry": Tool(
        "@yarnpkg/cli-dist",
        "/var/cache/berry",
        {
            "HOME": HOME,
            "YARN_ENABLE_GLOBAL_CACHE": "true",
            "YARN_ENABLE_TELEMETRY": "false",
            "YARN_GLOBAL_FOLDER": "/var/cache/berry",
            # What node resolves without help; the image then is one like any other.
            "YARN_NODE_LINKER": "node-modules",
        },
        ("node_modules/.yarn-state.yml",),
    ),
}


# As a variable it would be for every command of yarn's: each makes its cache folder first, also where none is mounted.
_CLASSIC = ("--non-interactive", f"--cache-folder={_TOOLS['yarn'].store}")


def tool(manager: Manager) -> Tool:
    """Return how a package manager is used."""
    return _TOOLS[manager.name]


def is_shared(name: str) -> bool:
    """Whether several installs by a package manager may use its store at once; others wait for each other."""
    return _TOOLS[name].shared


def environment(install: Install) -> dict[str, str]:
    """Return the variables that installs and builds of a service see."""
    found = {**_NPM_ENV, **tool(install.manager).env, **install.env}
    if install.manager.name != "npm":
        # npm rebuilds what the others installed, and keeps its notes where it may write.
        found |= {"PATH": PATH, "npm_config_cache": NPM_NOTES}
    if install.scripts is not None and install.manager.name == "berry":
        found["YARN_ENABLE_SCRIPTS"] = "false"
    return found


def setup(manager: Manager) -> tuple[str, ...]:
    """Return the command that installs the package manager itself."""
    package = f"{tool(manager).package}@{manager.version}"
    return ("npm", "install", "--global", f"--prefix={MANAGER}", f"--cache={NPM_STORE}", package)


def manifests(settings: Install, *, production: bool) -> Mapping[str, str]:
    """Return what an install reads of each package.json, by its path: pnpm installs for each member that it finds."""
    if not production or settings.manager.name != "pnpm":
        return settings.manifests
    left_out = {f"{member}/package.json" for member in settings.members if member not in settings.shipped_members}
    return {path: content for path, content in settings.manifests.items() if path not in left_out}


def install(settings: Install, *, production: bool, processor: str = "") -> tuple[str, ...]:
    """Return the command that installs all dependencies, or those for production alone.

    Parameters
    ----------
    processor:
        The processor that they are for, as platforms name it, where it is another than the one that the command runs on.
    """
    words = _install(settings, production=production)
    if processor and settings.manager.name != "berry":
        words += ["--os=linux", f"--cpu={_PROCESSORS[processor]}", "--libc=glibc"]
    if settings.scripts is not None and settings.manager.name != "berry":
        words.append("--ignore-scripts")
    return _with_afterwork(settings, words, production=production, processor=processor)


def prune(settings: Install) -> tuple[str, ...]:
    """Return the command that removes from installed dependencies those for development."""
    words = {
        "npm": ["npm", "prune", "--omit=dev", "--ignore-scripts"],
        "pnpm": ["pnpm", "prune", "--prod", "--ignore-scripts"],
        "yarn": ["yarn", "install", "--frozen-lockfile", "--production", "--ignore-scripts", *_CLASSIC],
        "berry": _focus(settings),
    }[settings.manager.name]
    return _script([" ".join(words), *_cleaned(settings)]) if _cleaned(settings) else tuple(words)


def run(manager: Manager, script: str) -> tuple[str, ...]:
    """Return the command that runs a script of package.json."""
    return ("npm", "run", "--silent", script) if manager.name == "npm" else (manager_program(manager), "run", script)


def build(manager: Manager, script: Script, root: str) -> tuple[str, ...]:
    """Return the command that runs a build's script in the package's folder, of an install below a root."""
    if not script.command:
        return run(manager, script.name)
    folders = ["$PWD", *([root] if script.folder != "." else [])]
    programs = [*([TOOLS] if runs_tsc(script) else []), *(f"{folder}/node_modules/.bin" for folder in folders)]
    return ("sh", "-ec", f'PATH="{":".join(programs)}:$PATH"; {script.command}')


def runs_tsc(script: Script) -> bool:
    """Whether a shell runs a build's script, and the TypeScript compiler in it."""
    return any(part.split()[0] == "tsc" for part in script.command.split(" && ") if part)


def manager_program(manager: Manager) -> str:
    """Return the name of a package manager's program."""
    return {"berry": "yarn"}.get(manager.name, manager.name)


def _install(settings: Install, *, production: bool) -> list[str]:
    match settings.manager.name:
        case "npm":
            return ["npm", "ci" if settings.frozen else "install", *(["--omit=dev"] if production else [])]
        case "pnpm":
            frozen = "--frozen-lockfile" if settings.frozen else "--no-frozen-lockfile"
            store = [f"--store-dir={tool(settings.manager).store}", "--package-import-method=copy"]
            return ["pnpm", "install", frozen, *store, *(["--prod"] if production else [])]
        case "yarn":
            frozen = "--frozen-lockfile" if settings.frozen else "--pure-lockfile"
            return ["yarn", "install", frozen, *_CLASSIC, *(["--production"] if production else [])]
        case "berry":
            if production:
                return _focus(settings)
            return ["yarn", "install", "--immutable" if settings.frozen else "--no-immutable"]


def _focus(settings: Install) -> list[str]:
    return ["yarn", "workspaces", "focus", "--production", *([settings.focus] if settings.focus else [])]


_PROCESSORS = {"amd64": "x64", "arm64": "arm64"}
_MACHINES = {"amd64": 62, "arm64": 183}
"""The numbers of processors in ELF files (e_machine)."""

# What an install script compiles, it compiles for the processor that it runs on. node-gyp leaves it at this place.
_PROVE_ADDONS = """\
for addon in $(find . -type f -path '*/build/Release/*.node'); do
  [ "$(od -An -v -t u2 -j 18 -N 2 "$addon" | tr -d ' ')" = {machine} ] || compiled="${{compiled:-}} ${{addon%/build/Release/*}}"
done
[ -z "${{compiled:-}}" ] && exit 0
echo "compiled at install, for this machine's processor and not for {processor}:$compiled" >&2
echo 'take packages that bring a binary for each processor, or build this platform on a machine of its own' >&2
exit 1"""


def _with_afterwork(settings: Install, words: Sequence[str], *, production: bool, processor: str = "") -> tuple[str, ...]:
    lines: list[str] = []
    if settings.scripts:
        lines.append(f"npm rebuild {' '.join(settings.scripts)}")
    lines += [f"(cd {folder} && {_RUN[settings.manager.name]} {command})" for folder, command in settings.afterwards]
    # Later stages copy each member's dependencies, and a member may have none of its own.
    members = settings.shipped_members if production else settings.members
    if others := [member for member in members if member != "."]:
        lines.append("mkdir -p " + " ".join(f"{member}/node_modules" for member in others))
    if production:
        lines += _cleaned(settings)
    if processor:
        lines.append(_PROVE_ADDONS.format(machine=_MACHINES[processor], processor=processor))
    before: list[str] = []
    if processor and settings.manager.name == "berry":
        # No option of the install says it, and no variable.
        chosen = json.dumps({"os": ["linux"], "cpu": [_PROCESSORS[processor]], "libc": ["glibc"]})
        before.append(f"yarn config set supportedArchitectures --json '{chosen}' >/dev/null")
    return _script([*before, " ".join(words), *lines]) if lines else tuple(words)


_RUN = {"npm": "npm exec --no --", "pnpm": "pnpm exec", "yarn": "yarn run --silent", "berry": "yarn run"}


# What a compiler leaves beside the addon that it makes, at the place where node-gyp has it: several times the addon's size.
_WITHOUT_OBJECTS = (
    "find . -type d -path '*/node_modules/*/build/Release/*' '(' -name obj -o -name obj.target -o -name .deps ')'"
    " -prune -exec rm -rf '{}' +"
)


def _cleaned(settings: Install) -> list[str]:
    leftovers = tool(settings.manager).leftovers
    return [*([f"rm -f {' '.join(leftovers)}"] if leftovers else []), *([_WITHOUT_OBJECTS] if settings.compiled else [])]


def _script(lines: Sequence[str]) -> tuple[str, ...]:
    return ("sh", "-ec", "\n".join(lines) + "\n")


def berry_settings(npmrc: str) -> str:
    """Return npm's settings (registries, credentials) as yarn's own file has them."""
    registries: dict[str, dict[str, str]] = {}
    scopes: dict[str, dict[str, str]] = {}
    found: dict[str, object] = {}
    for line in npmrc.splitlines():
        key, _, value = line.partition("=")
        if key == "registry":
            found["npmRegistryServer"] = value.rstrip("/")
            if value.startswith("http:"):
                found["unsafeHttpWhitelist"] = ["*"]
        elif key.startswith("@") and key.endswith(":registry"):
            scopes.setdefault(key[1:].partition(":")[0], {})["npmRegistryServer"] = value.rstrip("/")
        elif key.startswith("//"):
            address, _, what = key.rpartition(":")
            if name := {"_authToken": "npmAuthToken", "_auth": "npmAuthIdent"}.get(what):
                registries.setdefault(address.rstrip("/"), {})[name] = value
    if registries:
        found["npmRegistries"] = registries
    if scopes:
        found["npmScopes"] = scopes
    if not found:
        return ""
    import yaml  # noqa: PLC0415 - few services need it, and its import takes a hundredth of a build

    return yaml.safe_dump(found)
