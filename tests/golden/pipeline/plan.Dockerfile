# --- api-gateway
# build context api: /repository/services/api
# build context api-2: /repository/services/api

# node-runtime/image
FROM docker.io/library/node:22-bookworm-slim AS node-runtime-image

FROM scratch AS empty
WORKDIR /empty

FROM scratch AS files
WORKDIR /rootfs
COPY --from=node-runtime-image /etc/group /rootfs/etc/group
COPY --from=node-runtime-image /etc/os-release /rootfs/etc/os-release
COPY --from=node-runtime-image /etc/passwd /rootfs/etc/passwd
COPY --from=node-runtime-image /usr/lib/x86_64-linux-gnu/libc.so.6 /rootfs/usr/lib/x86_64-linux-gnu/libc.so.6
COPY --from=node-runtime-image /usr/lib/x86_64-linux-gnu/libdl.so.2 /rootfs/usr/lib/x86_64-linux-gnu/libdl.so.2
COPY --from=node-runtime-image /usr/lib/x86_64-linux-gnu/libgcc_s.so.1 /rootfs/usr/lib/x86_64-linux-gnu/libgcc_s.so.1
COPY --from=node-runtime-image /usr/lib/x86_64-linux-gnu/libm.so.6 /rootfs/usr/lib/x86_64-linux-gnu/libm.so.6
COPY --from=node-runtime-image /usr/lib/x86_64-linux-gnu/libpthread.so.0 /rootfs/usr/lib/x86_64-linux-gnu/libpthread.so.0
COPY --from=node-runtime-image /usr/lib/x86_64-linux-gnu/libstdc++.so.6 /rootfs/usr/lib/x86_64-linux-gnu/libstdc++.so.6
COPY --from=node-runtime-image /usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2 /rootfs/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2
COPY --from=node-runtime-image /usr/local/bin/node /rootfs/usr/local/bin/node
RUN --mount=type=bind,from=shim,target=/.shim \
    ["/.shim/busybox", "sh", "-c", "/.shim/busybox mkdir -p \"$1\" && /.shim/busybox ln -s \"$2\" \"$3\"", "--", "/rootfs", "usr/lib", "/rootfs/lib"]
RUN --mount=type=bind,from=shim,target=/.shim \
    ["/.shim/busybox", "sh", "-c", "/.shim/busybox mkdir -p \"$1\" && /.shim/busybox ln -s \"$2\" \"$3\"", "--", "/rootfs", "usr/lib64", "/rootfs/lib64"]
RUN --mount=type=bind,from=shim,target=/.shim \
    ["/.shim/busybox", "sh", "-c", "/.shim/busybox mkdir -p \"$1\" && /.shim/busybox ln -s \"$2\" \"$3\"", "--", "/rootfs/usr/lib64", "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", "/rootfs/usr/lib64/ld-linux-x86-64.so.2"]
COPY --from=node-runtime-image /tmp/ /rootfs/tmp/
COPY --from=empty /empty/ /rootfs/home/node/
RUN --mount=type=bind,from=shim,target=/.shim \
    --mount=type=bind,from=node-runtime-image,source=/tmp,target=/.original/1 \
    ["/.shim/busybox", "sh", "-c", "number=0\nwhile [ \"${1:---}\" != -- ]; do\n  number=$((number + 1)) folder=${1#*:}\n  [ \"${1%%:*}\" = mode ] || /.shim/busybox chown \"$(/.shim/busybox stat -c %u:%g /.original/$number)\" \"$folder\"\n  /.shim/busybox chmod \"$(/.shim/busybox stat -c %a /.original/$number)\" \"$folder\"\n  shift\ndone\nshift\n[ $# = 0 ] || exec \"$@\"", "--", "owner:/rootfs/tmp", "--", "/.shim/busybox", "sh", "-c", "/.shim/busybox find \"$1\" -type f -links +1 -exec /.shim/busybox sh -ec '\n/.shim/busybox mkdir -p /.links\nfor path; do\n  first=/.links/$(/.shim/busybox stat -c %d-%i \"$path\")\n  if [ -e \"$first\" ]; then /.shim/busybox ln -f \"$first\" \"$path\"; else /.shim/busybox ln \"$path\" \"$first\"; fi\ndone' -- {} + || exit\nshift\nexec \"$@\"", "--", "/rootfs/home/node", "/.shim/busybox", "chown", "-R", "1000:1000", "/rootfs/home/node"]
RUN --mount=type=bind,from=shim,target=/.shim \
    ["/.shim/busybox", "sh", "-c", "/.shim/busybox find \"$1\" -type f -links +1 -exec /.shim/busybox sh -ec '\n/.shim/busybox mkdir -p /.links\nfor path; do\n  first=/.links/$(/.shim/busybox stat -c %d-%i \"$path\")\n  if [ -e \"$first\" ]; then /.shim/busybox ln -f \"$first\" \"$path\"; else /.shim/busybox ln \"$path\" \"$first\"; fi\ndone' -- {} + || exit\nshift\nexec \"$@\"", "--", "/rootfs", "/.shim/busybox", "find", "/rootfs", "-exec", "/.shim/busybox", "touch", "-h", "-d", "@0", "{}", "+"]

FROM scratch AS files-2
COPY --link --from=api / /
COPY <<"EOF" /package.json
{
  "name": "api-gateway",
  "version": "1.0.0",
  "type": "module",
  "dependencies": {
    "fastify": "^5.12.8",
    "pino": "^10.4.0",
    "zod": "^4.6.7"
  },
  "devDependencies": {
    "@eslint/js": "^10.0.1",
    "@types/node": "^22.20.5",
    "eslint": "^10.15.0",
    "tsx": "^4.23.15",
    "typescript": "~6.0.3",
    "typescript-eslint": "^8.73.0"
  },
  "engines": {
    "node": ">=22"
  }
}
EOF

# api-gateway/prod-deps
FROM docker.io/library/node:22-bookworm-slim AS api-gateway-prod-deps
USER 1000:1000
WORKDIR /app
ENV npm_config_cache="/var/cache/npm"
ENV npm_config_userconfig="/run/secrets/npmrc"
ENV npm_config_audit="false"
ENV npm_config_fund="false"
ENV npm_config_update_notifier="false"
COPY --chown=1000:1000 --from=files-2 / /app/
COPY --chown=1000:1000 --from=empty /empty/ /app/node_modules/
RUN --mount=type=cache,id=pipeline-npm,target=/var/cache/npm,sharing=shared,uid=1000,gid=1000 \
    --mount=type=secret,id=cache-pipeline-npm \
    --mount=type=secret,id=npmrc,target=/run/secrets/npmrc,mode=0400,uid=1000,gid=1000 \
    ["sh", "-ec", "npm ci --omit=dev\nrm -f node_modules/.package-lock.json\n"]

FROM scratch AS files-3
WORKDIR /rootfs
COPY --from=api-gateway-prod-deps /app/node_modules/ /rootfs/app/node_modules/
RUN --mount=type=bind,from=shim,target=/.shim \
    --mount=type=bind,from=api-gateway-prod-deps,source=/app/node_modules,target=/.original/1 \
    ["/.shim/busybox", "sh", "-c", "number=0\nwhile [ \"${1:---}\" != -- ]; do\n  number=$((number + 1)) folder=${1#*:}\n  [ \"${1%%:*}\" = mode ] || /.shim/busybox chown \"$(/.shim/busybox stat -c %u:%g /.original/$number)\" \"$folder\"\n  /.shim/busybox chmod \"$(/.shim/busybox stat -c %a /.original/$number)\" \"$folder\"\n  shift\ndone\nshift\n[ $# = 0 ] || exec \"$@\"", "--", "owner:/rootfs/app/node_modules", "--", "/.shim/busybox", "sh", "-c", "/.shim/busybox find \"$1\" -type f -links +1 -exec /.shim/busybox sh -ec '\n/.shim/busybox mkdir -p /.links\nfor path; do\n  first=/.links/$(/.shim/busybox stat -c %d-%i \"$path\")\n  if [ -e \"$first\" ]; then /.shim/busybox ln -f \"$first\" \"$path\"; else /.shim/busybox ln \"$path\" \"$first\"; fi\ndone' -- {} + || exit\nshift\nexec \"$@\"", "--", "/rootfs", "/.shim/busybox", "find", "/rootfs", "-exec", "/.shim/busybox", "touch", "-h", "-d", "@0", "{}", "+"]

FROM scratch AS files-4
COPY --chmod=0755 <<"EOF" /tsc
#!/usr/bin/env node
// tsc, for a build that it has done before: what TypeScript found out about files is kept, and only what an edit bears on is
// checked again. It stands before the real one on the PATH, and leaves all to that one where more is asked for than to compile a
// project, where an output may depend on more than its own source, and where there is anything to be said. Any Node can read it.
"use strict";

const { spawnSync } = require("child_process");
const { createHash } = require("crypto");
const fs = require("fs");
const path = require("path");

const ASKED = ["noEmit", "project"];

// What ties the output of a file to other files, is a state of the user's own, or writes more than outputs.
const NOT_OURS = [
  ...["composite", "declaration", "emitDecoratorMetadata", "incremental", "outFile", "tsBuildInfoFile"],
  ...["diagnostics", "explainFiles", "extendedDiagnostics", "generateCpuProfile", "generateTrace"],
  ...["listEmittedFiles", "listFiles", "listFilesOnly", "noCheck", "plugins", "traceResolution"],
];

function hash(...parts) {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

function project(ts, args) {
  const asked = ts.parseCommandLine(args);
  const plain = Object.keys(asked.options).every((name) => ASKED.includes(name));
  if (asked.errors.length || asked.fileNames.length || asked.watchOptions || !plain) return undefined;
  const place = asked.options.project || ".";
  const file = ts.sys.directoryExists(place) ? path.join(place, "tsconfig.json") : place;
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic() {} };
  const found = ts.getParsedCommandLineOfConfigFile(file, asked.options, host);
  if (!found || found.errors.length || found.projectReferences) return undefined;
  const { options } = found;
  const alone = options.isolatedModules || options.verbatimModuleSyntax || options.noEmit;
  return alone && !NOT_OURS.some((name) => options[name]) ? found : undefined;
}

function recall(file, version) {
  try {
    const kept = JSON.parse(fs.readFileSync(file, "utf8"));
    if (kept.version === version) return kept;
  } catch {
    // None, or half of one: then all is found out anew.
  }
  return { outputs: {} };
}

function remember(file, kept) {
  const part = `${file}.${process.pid}`;
  try {
    fs.writeFileSync(part, JSON.stringify(kept));
    fs.renameSync(part, file);
  } catch {
    fs.rmSync(part, { force: true });
  }
}

function compile(args, folder) {
  const ts = require(require.resolve("typescript", { paths: [process.cwd()] }));
  if (!(parseFloat(ts.versionMajorMinor) >= 5)) return false;
  const config = project(ts, args);
  if (!config) return false;
  const settings = JSON.stringify(config.options);
  const place = path.join(folder, hash(config.options.configFilePath, args));
  const kept = recall(place, ts.version);
  const options = { ...config.options, incremental: true, tsBuildInfoFile: place };
  const host = ts.createIncrementalCompilerHost(options);
  const { readFile } = host;
  host.readFile = (name) => (name === place ? kept.info : readFile(name));
  if (ts.JSDocParsingMode) host.jsDocParsingMode = ts.JSDocParsingMode.ParseForTypeErrors;
  const program = ts.createIncrementalProgram({ rootNames: config.fileNames, options, host });
  for (const part of ["Syntactic", "Options", "Global", "Semantic"]) {
    if (program[`get${part}Diagnostics`]().length) return false;
  }

  const next = { version: ts.version, outputs: {} };
  const written = [];
  function key(source) {
    const listed = config.fileNames.includes(source.fileName);
    const names = listed ? ts.getOutputFileNames(config, source.fileName, !ts.sys.useCaseSensitiveFileNames) : [];
    return hash(settings, names, source.fileName, source.impliedNodeFormat, source.text);
  }
  function write(name, text, mark, _, sources) {
    if (name === place) {
      next.info = text;
      return;
    }
    const own = key(sources[0]);
    next.outputs[own] = [...(next.outputs[own] || []), [name, text, mark]];
    written.push([name, text, mark]);
  }
  function emit(source) {
    const { diagnostics, emitSkipped } = program.emit(source, write);
    return !diagnostics.length && (!emitSkipped || options.noEmit);
  }

  if (!emit()) return false;
  // TypeScript emits what an edit bears on, and the rest of the output is not there in a new container.
  for (const source of options.noEmit ? [] : program.getSourceFiles()) {
    if (source.isDeclarationFile) continue;
    const own = key(source);
    if (next.outputs[own]) continue;
    if (kept.outputs[own]) {
      next.outputs[own] = kept.outputs[own];
      written.push(...kept.outputs[own]);
    } else if (!emit(source)) return false;
  }
  for (const [name, text, mark] of written) ts.sys.writeFile(name, text, mark);
  if (next.info) remember(place, next);
  return true;
}

function real(args) {
  const folders = process.env.PATH.split(path.delimiter).filter((folder) => folder !== __dirname);
  const env = { ...process.env, PATH: folders.join(path.delimiter) };
  const { error, status } = spawnSync("tsc", args, { env, stdio: "inherit" });
  if (error) console.error(`tsc: ${error.message}`);
  process.exitCode = status === null ? 1 : status;
}

function main(args) {
  try {
    if (compile(args, process.env.TSC_KEPT)) return;
  } catch {
    // Whatever it is, the real one says it.
  }
  real(args);
}

main(process.argv.slice(2));
EOF

# api-gateway/build
FROM docker.io/library/node:22-bookworm-slim AS api-gateway-build
USER 1000:1000
WORKDIR /app
ENV npm_config_cache="/var/cache/npm"
ENV npm_config_userconfig="/run/secrets/npmrc"
ENV npm_config_audit="false"
ENV npm_config_fund="false"
ENV npm_config_update_notifier="false"
COPY --chown=1000:1000 --from=files-2 / /app/
COPY --chown=1000:1000 --from=empty /empty/ /app/node_modules/
RUN --mount=type=cache,id=pipeline-npm,target=/var/cache/npm,sharing=shared,uid=1000,gid=1000 \
    --mount=type=secret,id=cache-pipeline-npm \
    --mount=type=secret,id=npmrc,target=/run/secrets/npmrc,mode=0400,uid=1000,gid=1000 \
    ["npm", "ci"]
COPY --chown=1000:1000 --from=api-2 / /app/
ENV NODE_COMPILE_CACHE="/var/cache/node-compiled"
ENV TSC_KEPT="/var/cache/tsc"
RUN --mount=type=cache,id=pipeline-node-compiled,target=/var/cache/node-compiled,sharing=shared,uid=1000,gid=1000 \
    --mount=type=secret,id=cache-pipeline-node-compiled \
    --mount=type=bind,from=files-4,source=/,target=/opt/pipeline/bin,rw \
    --mount=type=cache,id=pipeline-tsc-api-gateway,target=/var/cache/tsc,sharing=shared,uid=1000,gid=1000 \
    --mount=type=secret,id=cache-pipeline-tsc-api-gateway \
    ["sh", "-ec", "PATH=\"/opt/pipeline/bin:$PWD/node_modules/.bin:$PATH\"; tsc -p tsconfig.build.json"]

FROM scratch AS files-5
WORKDIR /rootfs
COPY --from=api-gateway-build /app/dist/ /rootfs/app/dist/
COPY <<"EOF" /rootfs/app/package.json
{
  "name": "api-gateway",
  "version": "1.0.0",
  "description": "Public entrance of the platform: validates requests and hands them to the services behind it",
  "license": "Apache-2.0",
  "type": "module",
  "main": "dist/index.js",
  "engines": {
    "node": ">=22"
  },
  "dependencies": {
    "fastify": "^5.12.8",
    "pino": "^10.4.0",
    "zod": "^4.6.7"
  }
}
EOF
RUN --mount=type=bind,from=shim,target=/.shim \
    --mount=type=bind,from=api-gateway-build,source=/app/dist,target=/.original/1 \
    ["/.shim/busybox", "sh", "-c", "number=0\nwhile [ \"${1:---}\" != -- ]; do\n  number=$((number + 1)) folder=${1#*:}\n  [ \"${1%%:*}\" = mode ] || /.shim/busybox chown \"$(/.shim/busybox stat -c %u:%g /.original/$number)\" \"$folder\"\n  /.shim/busybox chmod \"$(/.shim/busybox stat -c %a /.original/$number)\" \"$folder\"\n  shift\ndone\nshift\n[ $# = 0 ] || exec \"$@\"", "--", "owner:/rootfs/app/dist", "--", "/.shim/busybox", "sh", "-c", "/.shim/busybox find \"$1\" -type f -links +1 -exec /.shim/busybox sh -ec '\n/.shim/busybox mkdir -p /.links\nfor path; do\n  first=/.links/$(/.shim/busybox stat -c %d-%i \"$path\")\n  if [ -e \"$first\" ]; then /.shim/busybox ln -f \"$first\" \"$path\"; else /.shim/busybox ln \"$path\" \"$first\"; fi\ndone' -- {} + || exit\nshift\nexec \"$@\"", "--", "/rootfs", "/.shim/busybox", "find", "/rootfs", "-exec", "/.shim/busybox", "touch", "-h", "-d", "@0", "{}", "+"]

# api-gateway/runtime
FROM scratch AS api-gateway-runtime
COPY --link --from=files /rootfs/ /
ENV PATH="/usr/local/bin:/usr/bin:/bin"
COPY --link --from=files-3 /rootfs/ /
COPY --link --from=files-5 /rootfs/ /
WORKDIR /app
ENV NODE_ENV="production"
LABEL org.opencontainers.image.base.name="docker.io/library/node:22-bookworm-slim"
LABEL org.opencontainers.image.version="1.0.0"
EXPOSE 3000/tcp
USER 1000:1000
CMD ["node", "dist/index.js"]
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT||3000}/health`).then(r=>process.exit(r.ok?0:1),()=>process.exit(1))"]

# --- auth-service
# build context auth: /repository/services/auth
# build context auth-2: /repository/services/auth
# build context auth-3: /repository/services/auth

FROM docker.io/library/golang:1.26.8-bookworm AS stage-52ffd6e4

FROM scratch AS files
WORKDIR /rootfs
COPY --from=stage-52ffd6e4 /etc/ssl/certs/ca-certificates.crt /rootfs/etc/ssl/certs/ca-certificates.crt
RUN --mount=type=bind,from=shim,target=/.shim \
    ["/.shim/busybox", "sh", "-c", "/.shim/busybox find \"$1\" -type f -links +1 -exec /.shim/busybox sh -ec '\n/.shim/busybox mkdir -p /.links\nfor path; do\n  first=/.links/$(/.shim/busybox stat -c %d-%i \"$path\")\n  if [ -e \"$first\" ]; then /.shim/busybox ln -f \"$first\" \"$path\"; else /.shim/busybox ln \"$path\" \"$first\"; fi\ndone' -- {} + || exit\nshift\nexec \"$@\"", "--", "/rootfs", "/.shim/busybox", "find", "/rootfs", "-exec", "/.shim/busybox", "touch", "-h", "-d", "@0", "{}", "+"]

FROM scratch AS empty
WORKDIR /empty

# auth-service/build
FROM docker.io/library/golang:1.26.8-bookworm AS auth-service-build
USER 1000:1000
WORKDIR /src
ENV GOTOOLCHAIN="local"
ENV GOFLAGS="-mod=readonly -gcflags=all=-dwarf=false"
ENV CGO_ENABLED="0"
ENV HOME="/tmp"
COPY --chown=1000:1000 --from=auth / /src/
RUN --mount=type=cache,id=pipeline-go-mod,target=/var/cache/go-mod,sharing=shared,uid=1000,gid=1000 \
    --mount=type=secret,id=cache-pipeline-go-mod \
    --mount=type=secret,id=GOPROXY,env=GOPROXY \
    --mount=type=secret,id=GOSUMDB,env=GOSUMDB \
    --mount=type=secret,id=GONOSUMDB,env=GONOSUMDB \
    --mount=type=secret,id=GONOPROXY,env=GONOPROXY \
    --mount=type=secret,id=GOPRIVATE,env=GOPRIVATE \
    ["sh", "-ec", "GOPROXY=\"file:///var/cache/go-mod,$(go env GOPROXY)\" go mod download\ngo mod verify\ncp -r -u /go/pkg/mod/cache/download/. /var/cache/go-mod/ 2>/dev/null || true\n"]
COPY --chown=1000:1000 --from=empty /empty/ /out/
ENV GOCACHE="/var/cache/go-build"
ENV GOPROXY="off"
COPY --chown=1000:1000 --from=auth-2 / /src/
ENV GOOS="linux"
ENV GOARCH="amd64"
ENV GO_MAIN="./cmd/server"
ENV GO_TAGS=""
ENV GO_LDFLAGS="-s -w -extldflags '-static'"
RUN --mount=type=cache,id=pipeline-go-build,target=/var/cache/go-build,sharing=shared,uid=1000,gid=1000 \
    --mount=type=secret,id=cache-pipeline-go-build \
    ["sh", "-ec", "go build -trimpath -buildvcs=false -tags \"$GO_TAGS\" -ldflags \"$GO_LDFLAGS\" -o /out/app \"$GO_MAIN\"\nfor program in /out/*; do\n  set -- $(od -An -v -t u8 -j 32 -N 8 \"$program\") $(od -An -v -t u2 -j 56 -N 2 \"$program\")\n  ! od -An -v -t u4 -w56 -j \"$1\" -N \"$(($2 * 56))\" \"$program\" | grep -q '^ *[23] ' || dynamic=$program\ndone\n[ -z \"${dynamic:-}\" ] && exit 0\necho 'the binary is not static: an empty image has no loader and no C library for it' >&2\ngo version -m \"$dynamic\" | grep -E 'CGO_ENABLED|-buildmode|-linkmode|GOFLAGS' >&2\nfor package in $(go list -deps -f '{{if and .CgoFiles (not .Standard)}}{{.ImportPath}}{{end}}' \"$GO_MAIN\"); do\n  go mod why \"$package\" >&2\ndone\n[ \"$CGO_ENABLED\" = 0 ] || echo 'CGO_ENABLED is not 0' >&2\nexit 1\n"]

FROM scratch AS files-2
WORKDIR /rootfs
COPY --from=auth-service-build /out/app /rootfs/bin/app
RUN --mount=type=bind,from=shim,target=/.shim \
    ["/.shim/busybox", "sh", "-c", "/.shim/busybox find \"$1\" -type f -links +1 -exec /.shim/busybox sh -ec '\n/.shim/busybox mkdir -p /.links\nfor path; do\n  first=/.links/$(/.shim/busybox stat -c %d-%i \"$path\")\n  if [ -e \"$first\" ]; then /.shim/busybox ln -f \"$first\" \"$path\"; else /.shim/busybox ln \"$path\" \"$first\"; fi\ndone' -- {} + || exit\nshift\nexec \"$@\"", "--", "/rootfs", "/.shim/busybox", "find", "/rootfs", "-exec", "/.shim/busybox", "touch", "-h", "-d", "@0", "{}", "+"]

FROM scratch AS files-3
WORKDIR /rootfs
COPY --from=auth-3 /config/production.yaml /rootfs/etc/app/config.yaml
RUN --mount=type=bind,from=shim,target=/.shim \
    ["/.shim/busybox", "sh", "-c", "/.shim/busybox find \"$1\" -type f -links +1 -exec /.shim/busybox sh -ec '\n/.shim/busybox mkdir -p /.links\nfor path; do\n  first=/.links/$(/.shim/busybox stat -c %d-%i \"$path\")\n  if [ -e \"$first\" ]; then /.shim/busybox ln -f \"$first\" \"$path\"; else /.shim/busybox ln \"$path\" \"$first\"; fi\ndone' -- {} + || exit\nshift\nexec \"$@\"", "--", "/rootfs", "/.shim/busybox", "find", "/rootfs", "-exec", "/.shim/busybox", "touch", "-h", "-d", "@0", "{}", "+"]

# auth-service/config
FROM scratch AS auth-service-config
COPY --link --from=files-3 /rootfs/ /

# auth-service/runtime
FROM scratch AS auth-service-runtime
COPY --link --from=files /rootfs/ /
COPY --link --from=files-2 /rootfs/ /
COPY --link --from=auth-service-config / /
LABEL org.opencontainers.image.base.name="scratch"
EXPOSE 8080/tcp
USER 1001:1001
ENTRYPOINT ["/bin/app"]
CMD ["--config", "/etc/app/config.yaml"]
