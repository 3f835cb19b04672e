# build context api: /repository/api
# build context api-2: /repository/api
# image archive node-build: node-build.tar

FROM scratch AS empty
WORKDIR /empty

FROM --platform=linux/arm64 tool:1 AS stage-1bcb0631
RUN ["make"]

FROM scratch AS files
COPY --link --exclude=** --exclude=!bin --from=stage-1bcb0631 /out/ /

FROM scratch AS files-2
WORKDIR /rootfs
COPY --exclude=*.md --exclude=!a.md --from=files / /rootfs/t/
RUN --mount=type=bind,from=shim,target=/.shim \
    --mount=type=bind,from=files,source=,target=/.original/1 \
    ["/.shim/busybox", "sh", "-c", "number=0\nwhile [ \"${1:---}\" != -- ]; do\n  number=$((number + 1)) folder=${1#*:}\n  [ \"${1%%:*}\" = mode ] || /.shim/busybox chown \"$(/.shim/busybox stat -c %u:%g /.original/$number)\" \"$folder\"\n  /.shim/busybox chmod \"$(/.shim/busybox stat -c %a /.original/$number)\" \"$folder\"\n  shift\ndone\nshift\n[ $# = 0 ] || exec \"$@\"", "--", "owner:/rootfs/t", "--"]

FROM node-build AS stage-647ae149
USER node
COPY --from=empty /empty/ /app/
USER 0:0
RUN --mount=type=bind,from=shim,target=/.shim \
    ["/.shim/busybox", "sh", "-c", "while [ $# -gt 0 ]; do\n  /.shim/busybox grep -q \"^$1:\" \"/etc/$2\" || { echo \"/etc/$2 knows no $1\" >&2; exit 1; }\n  shift 2\ndone", "--", "node", "passwd", "staff", "group"]
USER node
COPY --chown=node:staff --from=api / /app/src/
COPY --chown=node:staff --from=api-2 / /app/src/
USER 0:0
RUN --mount=type=bind,from=shim,target=/.shim \
    ["/.shim/busybox", "sh", "-c", "while [ $# -gt 0 ]; do\n  /.shim/busybox grep -q \"^$1:\" \"/etc/$2\" || { echo \"/etc/$2 knows no $1\" >&2; exit 1; }\n  shift 2\ndone", "--", "node", "passwd"]
USER node
COPY --chown=node --chmod=0755 <<"EOF" /app/x
x
EOF
COPY --from=files-2 /rootfs/ /opt/
USER 0:0
RUN --mount=type=bind,from=shim,target=/.shim \
    ["/.shim/busybox", "sh", "-c", "/.shim/busybox mkdir -p \"$1\" && /.shim/busybox ln -s \"$2\" \"$3\"", "--", "/bin", "/app/x", "/bin/x"]
USER node
COPY --from=empty /empty/ /made/
COPY <<"EOF" /made/inside
y
EOF
USER 0
RUN --mount=type=bind,from=shim,target=/.shim \
    ["/.shim/busybox", "sh", "-c", "/.shim/busybox mkdir -p \"$1\" && /.shim/busybox ln -s \"$2\" \"$3\"", "--", "/bin", "/app/x", "/bin/y"]
