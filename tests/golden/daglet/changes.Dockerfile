# build context api: /repository/api
# build context api-2: /repository/api
# build context repository: /repository

FROM scratch AS empty
WORKDIR /empty

FROM --platform=linux/arm64 tool:1 AS stage-1bcb0631
RUN ["make"]

FROM scratch AS files
WORKDIR /rootfs
COPY --from=api-2 / /rootfs/
COPY --from=empty /empty/ /rootfs/d/

FROM scratch AS files-2
WORKDIR /rootfs
COPY --from=empty /empty/ /rootfs/plain/
RUN --mount=type=bind,from=shim,target=/.shim \
    ["/.shim/busybox", "sh", "-c", "mode=$1 made= IFS=/\nfor part in $2; do\n  made=$made/$part\n  [ -d \"$made\" ] || /.shim/busybox mkdir -m \"$mode\" \"$made\" || exit\ndone", "--", "0700", "rootfs/own/deep"]
RUN --mount=type=bind,from=shim,target=/.shim \
    ["/.shim/busybox", "sh", "-c", "/.shim/busybox mkdir -p \"$1\" && /.shim/busybox ln -s \"$2\" \"$3\"", "--", "/rootfs/own", "../x", "/rootfs/own/link"]
COPY --chmod=0600 --from=repository /c /rootfs/own/c
COPY --exclude=*.md --from=stage-1bcb0631 /out/lib/ /rootfs/lib/
COPY --chown=1:2 --from=api / /rootfs/some/
COPY --chown=1:2 --from=stage-1bcb0631 /out/lib/ /rootfs/mine/
COPY --from=files /rootfs/ /rootfs/baseX/
COPY --from=api-2 /X/ /rootfs/X/
RUN --mount=type=bind,from=shim,target=/.shim \
    --mount=type=bind,from=stage-1bcb0631,source=/out/lib,target=/.original/1 \
    --mount=type=bind,from=stage-1bcb0631,source=/out/lib,target=/.original/2 \
    --mount=type=bind,from=api-2,source=/X,target=/.original/3 \
    ["/.shim/busybox", "sh", "-c", "number=0\nwhile [ \"${1:---}\" != -- ]; do\n  number=$((number + 1)) folder=${1#*:}\n  [ \"${1%%:*}\" = mode ] || /.shim/busybox chown \"$(/.shim/busybox stat -c %u:%g /.original/$number)\" \"$folder\"\n  /.shim/busybox chmod \"$(/.shim/busybox stat -c %a /.original/$number)\" \"$folder\"\n  shift\ndone\nshift\n[ $# = 0 ] || exec \"$@\"", "--", "owner:/rootfs/lib", "mode:/rootfs/mine", "owner:/rootfs/X", "--", "/.shim/busybox", "sh", "-c", "IFS=; for path; do /.shim/busybox rm -rf -- $path; done", "--", "/rootfs/own/a*", "/rootfs/b c"]
RUN --mount=type=bind,from=shim,target=/.shim \
    ["/.shim/busybox", "sh", "-c", "/.shim/busybox find \"$1\" -type f -links +1 -exec /.shim/busybox sh -ec '\n/.shim/busybox mkdir -p /.links\nfor path; do\n  first=/.links/$(/.shim/busybox stat -c %d-%i \"$path\")\n  if [ -e \"$first\" ]; then /.shim/busybox ln -f \"$first\" \"$path\"; else /.shim/busybox ln \"$path\" \"$first\"; fi\ndone' -- {} + || exit\nshift\nexec \"$@\"", "--", "/rootfs/own", "/.shim/busybox", "chown", "-R", "3:3", "/rootfs/own"]
RUN --mount=type=bind,from=shim,target=/.shim \
    ["/.shim/busybox", "sh", "-c", "/.shim/busybox find \"$1\" -type f -links +1 -exec /.shim/busybox sh -ec '\n/.shim/busybox mkdir -p /.links\nfor path; do\n  first=/.links/$(/.shim/busybox stat -c %d-%i \"$path\")\n  if [ -e \"$first\" ]; then /.shim/busybox ln -f \"$first\" \"$path\"; else /.shim/busybox ln \"$path\" \"$first\"; fi\ndone' -- {} + || exit\nshift\nexec \"$@\"", "--", "/rootfs/some", "/.shim/busybox", "chown", "-R", "4:5", "/rootfs/some"]
RUN --mount=type=bind,from=shim,target=/.shim \
    ["/.shim/busybox", "sh", "-c", "/.shim/busybox find \"$1\" -type f -links +1 -exec /.shim/busybox sh -ec '\n/.shim/busybox mkdir -p /.links\nfor path; do\n  first=/.links/$(/.shim/busybox stat -c %d-%i \"$path\")\n  if [ -e \"$first\" ]; then /.shim/busybox ln -f \"$first\" \"$path\"; else /.shim/busybox ln \"$path\" \"$first\"; fi\ndone' -- {} + || exit\nshift\nexec \"$@\"", "--", "/rootfs", "/.shim/busybox", "find", "/rootfs", "-exec", "/.shim/busybox", "touch", "-h", "-d", "@9", "{}", "+"]

FROM scratch AS files-3
WORKDIR /rootfs
COPY <<"EOF" /rootfs/a
a
EOF
RUN --mount=type=bind,from=shim,target=/.shim \
    ["/.shim/busybox", "sh", "-c", "/.shim/busybox find \"$1\" -type f -links +1 -exec /.shim/busybox sh -ec '\n/.shim/busybox mkdir -p /.links\nfor path; do\n  first=/.links/$(/.shim/busybox stat -c %d-%i \"$path\")\n  if [ -e \"$first\" ]; then /.shim/busybox ln -f \"$first\" \"$path\"; else /.shim/busybox ln \"$path\" \"$first\"; fi\ndone' -- {} + || exit\nshift\nexec \"$@\"", "--", "/rootfs", "/.shim/busybox", "find", "/rootfs", "-exec", "/.shim/busybox", "touch", "-h", "-d", "@7", "{}", "+"]

FROM scratch AS files-4
COPY --link --exclude=.time-9 --from=files-2 /rootfs/ /

FROM scratch AS stage-86987817
COPY --link --exclude=.time-9 --from=files-2 /rootfs/ /
COPY --from=empty /empty/ /x/
COPY --chown=0:0 --exclude=.time-7 --from=files-3 /rootfs/ /x/y/
COPY --exclude=.time-9 --from=files-4 /own/a /etc/a
RUN --mount=type=bind,from=shim,target=/.shim \
    ["/.shim/busybox", "sh", "-c", "mode=$1 made= IFS=/\nfor part in $2; do\n  made=$made/$part\n  [ -d \"$made\" ] || /.shim/busybox mkdir -m \"$mode\" \"$made\" || exit\ndone", "--", "1777", "m"]
RUN --mount=type=bind,from=shim,target=/.shim \
    ["/.shim/busybox", "sh", "-c", "IFS=; for path; do /.shim/busybox rm -rf -- $path; done", "--", "/m/x"]
