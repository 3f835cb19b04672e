# build context api: /repository/api
# image archive node-build: node-build.tar

FROM --platform=linux/arm64 tool:1 AS stage-1bcb0631
RUN --mount=type=secret,id=host,env=HOST \
    ["make"]

FROM scratch AS files
WORKDIR /rootfs
COPY <<"EOF" /rootfs/a
a
EOF
RUN --mount=type=bind,from=shim,target=/.shim \
    ["/.shim/busybox", "sh", "-c", "/.shim/busybox find \"$1\" -type f -links +1 -exec /.shim/busybox sh -ec '\n/.shim/busybox mkdir -p /.links\nfor path; do\n  first=/.links/$(/.shim/busybox stat -c %d-%i \"$path\")\n  if [ -e \"$first\" ]; then /.shim/busybox ln -f \"$first\" \"$path\"; else /.shim/busybox ln \"$path\" \"$first\"; fi\ndone' -- {} + || exit\nshift\nexec \"$@\"", "--", "/rootfs", "/.shim/busybox", "find", "/rootfs", "-exec", "/.shim/busybox", "touch", "-h", "-d", "@7", "{}", "+"]

FROM scratch AS empty
WORKDIR /empty

FROM node-build AS stage-b110c0b4
USER node
ENV GONE="x"
# ENV "GONE" is taken away once the image is there.
RUN --mount=type=cache,id=dd8ea202198bac99526b63ae7a3ec4dc44d97f428c1672a81138882122bfab9c,target=/cache,sharing=locked,uid=7,gid=7 \
    --mount=type=secret,id=cache-dd8ea202198bac99526b63ae7a3ec4dc44d97f428c1672a81138882122bfab9c \
    --mount=type=bind,from=stage-1bcb0631,source=/out,target=/tree,rw \
    --mount=type=bind,from=files,source=/rootfs,target=/fixed \
    --mount=type=secret,id=time-7 \
    --mount=type=bind,from=api,source=/b,target=/file \
    --mount=type=bind,from=files,source=/rootfs/a,target=/made \
    --mount=type=secret,id=time-7 \
    --mount=type=secret,id=the-token,target=/token,mode=0440,uid=1,gid=2 \
    --mount=type=tmpfs,target=/small,size=1024 \
    --mount=type=tmpfs,target=/plain \
    --mount=type=secret,id=key,target=/key \
    --mount=type=secret,id=RUN,env=RUN \
    --mount=type=secret,id=password,env=PASSWORD \
    --mount=type=secret,id=host,env=HOST \
    --mount=type=bind,from=shim,target=/.shim \
    ["/.shim/busybox", "env", "-u", "GONE", "/.shim/busybox", "sh", "-c", "run() {\n  case $1 in\n    */*) program=$1 ;;\n    *) program=$(/.shim/busybox which -- \"$1\") || { echo \"exec: \\\"$1\\\": executable file not found in \\$PATH\" >&2; exit 127; } ;;\n  esac\n  shift\n  set -- \"$program\" \"$@\"\n  while IFS= read -r -d '' variable; do set -- \"$variable\" \"$@\"; done </proc/$$/environ\n  exec /.shim/busybox env -i \"$@\"\n}\nrun \"$@\"", "--", "plain", "a b", "$c"]
COPY --chmod=0777 --from=empty /empty/ /.daglet/
RUN --mount=type=cache,id=dd8ea202198bac99526b63ae7a3ec4dc44d97f428c1672a81138882122bfab9c,target=/cache,sharing=locked,uid=7,gid=7 \
    --mount=type=secret,id=cache-dd8ea202198bac99526b63ae7a3ec4dc44d97f428c1672a81138882122bfab9c \
    --mount=type=bind,from=stage-1bcb0631,source=/out,target=/tree,rw \
    --mount=type=bind,from=files,source=/rootfs,target=/fixed \
    --mount=type=secret,id=time-7 \
    --mount=type=bind,from=api,source=/b,target=/file \
    --mount=type=bind,from=files,source=/rootfs/a,target=/made \
    --mount=type=secret,id=time-7 \
    --mount=type=secret,id=the-token,target=/token,mode=0440,uid=1,gid=2 \
    --mount=type=tmpfs,target=/plain \
    --mount=type=secret,id=key,target=/key \
    --mount=type=secret,id=RUN-2,env=RUN \
    --mount=type=secret,id=host,env=HOST \
    --mount=type=bind,from=shim,target=/.shim \
    ["/.shim/busybox", "env", "-u", "GONE", "/.shim/busybox", "sh", "-c", "run() {\n  case $1 in\n    */*) program=$1 ;;\n    *) program=$(/.shim/busybox which -- \"$1\") || { echo \"exec: \\\"$1\\\": executable file not found in \\$PATH\" >&2; exit 127; } ;;\n  esac\n  shift\n  set -- \"$program\" \"$@\"\n  while IFS= read -r -d '' variable; do set -- \"$variable\" \"$@\"; done </proc/$$/environ\n  exec /.shim/busybox env -i \"$@\"\n}\n(run \"$@\") >/.daglet/stdout 2>/.daglet/stderr; code=$?; echo $code >/.daglet/exit_code; /.shim/busybox cat /.daglet/stdout >&1; /.shim/busybox cat /.daglet/stderr >&2; exit $code", "--", "kept"]
COPY --chmod=0777 --from=empty /empty/ /.daglet/
RUN --mount=type=cache,id=dd8ea202198bac99526b63ae7a3ec4dc44d97f428c1672a81138882122bfab9c,target=/cache,sharing=locked,uid=7,gid=7 \
    --mount=type=secret,id=cache-dd8ea202198bac99526b63ae7a3ec4dc44d97f428c1672a81138882122bfab9c \
    --mount=type=bind,from=stage-1bcb0631,source=/out,target=/tree,rw \
    --mount=type=bind,from=files,source=/rootfs,target=/fixed \
    --mount=type=secret,id=time-7 \
    --mount=type=bind,from=api,source=/b,target=/file \
    --mount=type=bind,from=files,source=/rootfs/a,target=/made \
    --mount=type=secret,id=time-7 \
    --mount=type=secret,id=the-token,target=/token,mode=0440,uid=1,gid=2 \
    --mount=type=tmpfs,target=/plain \
    --mount=type=secret,id=key,target=/key \
    --mount=type=secret,id=RUN-2,env=RUN \
    --mount=type=secret,id=host,env=HOST \
    --mount=type=bind,from=shim,target=/.shim \
    ["/.shim/busybox", "env", "-u", "GONE", "/.shim/busybox", "sh", "-c", "run() {\n  case $1 in\n    */*) program=$1 ;;\n    *) program=$(/.shim/busybox which -- \"$1\") || { echo \"exec: \\\"$1\\\": executable file not found in \\$PATH\" >&2; exit 127; } ;;\n  esac\n  shift\n  set -- \"$program\" \"$@\"\n  while IFS= read -r -d '' variable; do set -- \"$variable\" \"$@\"; done </proc/$$/environ\n  exec /.shim/busybox env -i \"$@\"\n}\n(run \"$@\") >/.daglet/stdout 2>/.daglet/stderr <'/in'; code=$?; echo $code >/.daglet/exit_code; /.shim/busybox cat /.daglet/stdout >'/o'\\''ut'; /.shim/busybox cat /.daglet/stderr >&2; if [ $code -ge 128 ] && [ $code -le 191 ]; then exit $code; fi; exit 0", "--", "may", "fail"]
USER 0:0
RUN --mount=type=bind,from=shim,target=/.shim \
    ["/.shim/busybox", "sh", "-c", "IFS=; for path; do /.shim/busybox rm -rf -- $path; done", "--", "/.daglet"]
USER node
COPY --chmod=0777 --from=empty /empty/ /.daglet/
RUN --mount=type=cache,id=dd8ea202198bac99526b63ae7a3ec4dc44d97f428c1672a81138882122bfab9c,target=/cache,sharing=locked,uid=7,gid=7 \
    --mount=type=secret,id=cache-dd8ea202198bac99526b63ae7a3ec4dc44d97f428c1672a81138882122bfab9c \
    --mount=type=bind,from=stage-1bcb0631,source=/out,target=/tree,rw \
    --mount=type=bind,from=files,source=/rootfs,target=/fixed \
    --mount=type=secret,id=time-7 \
    --mount=type=bind,from=api,source=/b,target=/file \
    --mount=type=bind,from=files,source=/rootfs/a,target=/made \
    --mount=type=secret,id=time-7 \
    --mount=type=secret,id=the-token,target=/token,mode=0440,uid=1,gid=2 \
    --mount=type=tmpfs,target=/plain \
    --mount=type=secret,id=key,target=/key \
    --mount=type=secret,id=RUN-2,env=RUN \
    --mount=type=secret,id=host,env=HOST \
    --mount=type=bind,from=shim,target=/.shim \
    ["/.shim/busybox", "env", "-u", "GONE", "/.shim/busybox", "sh", "-c", "run() {\n  case $1 in\n    */*) program=$1 ;;\n    *) program=$(/.shim/busybox which -- \"$1\") || { echo \"exec: \\\"$1\\\": executable file not found in \\$PATH\" >&2; exit 127; } ;;\n  esac\n  shift\n  set -- \"$program\" \"$@\"\n  while IFS= read -r -d '' variable; do set -- \"$variable\" \"$@\"; done </proc/$$/environ\n  exec /.shim/busybox env -i \"$@\"\n}\n(run \"$@\") >/.daglet/stdout 2>/.daglet/stderr; code=$?; echo $code >/.daglet/exit_code; /.shim/busybox cat /.daglet/stdout >&1; /.shim/busybox cat /.daglet/stderr >'/err'; if [ $code -ge 128 ] && [ $code -le 191 ]; then exit $code; fi; [ $code -ne 0 ]", "--", "must", "fail"]
USER 0:0
RUN --mount=type=bind,from=shim,target=/.shim \
    ["/.shim/busybox", "sh", "-c", "IFS=; for path; do /.shim/busybox rm -rf -- $path; done", "--", "/.daglet"]
USER node
RUN --mount=type=cache,id=dd8ea202198bac99526b63ae7a3ec4dc44d97f428c1672a81138882122bfab9c,target=/cache,sharing=locked,uid=7,gid=7 \
    --mount=type=secret,id=cache-dd8ea202198bac99526b63ae7a3ec4dc44d97f428c1672a81138882122bfab9c \
    --mount=type=bind,from=stage-1bcb0631,source=/out,target=/tree,rw \
    --mount=type=bind,from=files,source=/rootfs,target=/fixed \
    --mount=type=secret,id=time-7 \
    --mount=type=bind,from=api,source=/b,target=/file \
    --mount=type=bind,from=files,source=/rootfs/a,target=/made \
    --mount=type=secret,id=time-7 \
    --mount=type=secret,id=the-token,target=/token,mode=0440,uid=1,gid=2 \
    --mount=type=tmpfs,target=/plain \
    --mount=type=secret,id=key,target=/key \
    --mount=type=secret,id=RUN-2,env=RUN \
    --mount=type=secret,id=host,env=HOST \
    --mount=type=bind,from=shim,target=/.shim \
    ["/.shim/busybox", "env", "-u", "GONE", "/.shim/busybox", "sh", "-c", "run() {\n  case $1 in\n    */*) program=$1 ;;\n    *) program=$(/.shim/busybox which -- \"$1\") || { echo \"exec: \\\"$1\\\": executable file not found in \\$PATH\" >&2; exit 127; } ;;\n  esac\n  shift\n  set -- \"$program\" \"$@\"\n  while IFS= read -r -d '' variable; do set -- \"$variable\" \"$@\"; done </proc/$$/environ\n  exec /.shim/busybox env -i \"$@\"\n}\nrun \"$@\" 1>'/out' 2>'/err'", "--", "quiet"]
RUN --mount=type=cache,id=dd8ea202198bac99526b63ae7a3ec4dc44d97f428c1672a81138882122bfab9c,target=/cache,sharing=locked,uid=7,gid=7 \
    --mount=type=secret,id=cache-dd8ea202198bac99526b63ae7a3ec4dc44d97f428c1672a81138882122bfab9c \
    --mount=type=bind,from=stage-1bcb0631,source=/out,target=/tree,rw \
    --mount=type=bind,from=files,source=/rootfs,target=/fixed \
    --mount=type=secret,id=time-7 \
    --mount=type=bind,from=api,source=/b,target=/file \
    --mount=type=bind,from=files,source=/rootfs/a,target=/made \
    --mount=type=secret,id=time-7 \
    --mount=type=secret,id=the-token,target=/token,mode=0440,uid=1,gid=2 \
    --mount=type=tmpfs,target=/plain \
    --mount=type=secret,id=key,target=/key \
    --mount=type=secret,id=host,env=HOST \
    --mount=type=bind,from=shim,target=/.shim \
    ["/.shim/busybox", "env", "-u", "GONE", "/.shim/busybox", "sh", "-c", "run() {\n  case $1 in\n    */*) program=$1 ;;\n    *) program=$(/.shim/busybox which -- \"$1\") || { echo \"exec: \\\"$1\\\": executable file not found in \\$PATH\" >&2; exit 127; } ;;\n  esac\n  shift\n  set -- \"$program\" \"$@\"\n  while IFS= read -r -d '' variable; do set -- \"$variable\" \"$@\"; done </proc/$$/environ\n  exec /.shim/busybox env -i \"$@\"\n}\nrun \"$@\"", "--", "last"]
