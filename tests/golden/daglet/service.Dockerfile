# build context api: /repository/api
# image archive node-build: node-build.tar

# api/deps
FROM node-build AS api-deps
USER 1000:1000
WORKDIR /app
COPY --chown=1000:1000 --from=api / /app/
RUN --mount=type=cache,id=npm,target=/cache,sharing=shared,uid=1000,gid=1000 \
    --mount=type=secret,id=cache-npm \
    --mount=type=secret,id=npmrc,target=/npmrc,mode=0400 \
    --mount=type=secret,id=RUN,env=RUN \
    ["npm", "ci"]

FROM scratch AS files
WORKDIR /rootfs
COPY --from=api-deps /app/node_modules/ /rootfs/app/node_modules/
RUN --mount=type=bind,from=shim,target=/.shim \
    --mount=type=bind,from=api-deps,source=/app/node_modules,target=/.original/1 \
    ["/.shim/busybox", "sh", "-c", "number=0\nwhile [ \"${1:---}\" != -- ]; do\n  number=$((number + 1)) folder=${1#*:}\n  [ \"${1%%:*}\" = mode ] || /.shim/busybox chown \"$(/.shim/busybox stat -c %u:%g /.original/$number)\" \"$folder\"\n  /.shim/busybox chmod \"$(/.shim/busybox stat -c %a /.original/$number)\" \"$folder\"\n  shift\ndone\nshift\n[ $# = 0 ] || exec \"$@\"", "--", "owner:/rootfs/app/node_modules", "--", "/.shim/busybox", "sh", "-c", "/.shim/busybox find \"$1\" -type f -links +1 -exec /.shim/busybox sh -ec '\n/.shim/busybox mkdir -p /.links\nfor path; do\n  first=/.links/$(/.shim/busybox stat -c %d-%i \"$path\")\n  if [ -e \"$first\" ]; then /.shim/busybox ln -f \"$first\" \"$path\"; else /.shim/busybox ln \"$path\" \"$first\"; fi\ndone' -- {} + || exit\nshift\nexec \"$@\"", "--", "/rootfs", "/.shim/busybox", "find", "/rootfs", "-exec", "/.shim/busybox", "touch", "-h", "-d", "@0", "{}", "+"]

# api/build
FROM api-deps AS api-build
RUN --mount=type=secret,id=npmrc,target=/npmrc,mode=0400 \
    --mount=type=secret,id=RUN,env=RUN \
    ["npm", "run", "build"]

FROM scratch AS files-2
WORKDIR /rootfs
COPY --from=api-build /app/dist/ /rootfs/app/dist/
RUN --mount=type=bind,from=shim,target=/.shim \
    --mount=type=bind,from=api-build,source=/app/dist,target=/.original/1 \
    ["/.shim/busybox", "sh", "-c", "number=0\nwhile [ \"${1:---}\" != -- ]; do\n  number=$((number + 1)) folder=${1#*:}\n  [ \"${1%%:*}\" = mode ] || /.shim/busybox chown \"$(/.shim/busybox stat -c %u:%g /.original/$number)\" \"$folder\"\n  /.shim/busybox chmod \"$(/.shim/busybox stat -c %a /.original/$number)\" \"$folder\"\n  shift\ndone\nshift\n[ $# = 0 ] || exec \"$@\"", "--", "owner:/rootfs/app/dist", "--", "/.shim/busybox", "sh", "-c", "/.shim/busybox find \"$1\" -type f -links +1 -exec /.shim/busybox sh -ec '\n/.shim/busybox mkdir -p /.links\nfor path; do\n  first=/.links/$(/.shim/busybox stat -c %d-%i \"$path\")\n  if [ -e \"$first\" ]; then /.shim/busybox ln -f \"$first\" \"$path\"; else /.shim/busybox ln \"$path\" \"$first\"; fi\ndone' -- {} + || exit\nshift\nexec \"$@\"", "--", "/rootfs", "/.shim/busybox", "find", "/rootfs", "-exec", "/.shim/busybox", "touch", "-h", "-d", "@0", "{}", "+"]

# api/runtime
FROM scratch AS api-runtime
COPY --link --from=files /rootfs/ /
COPY --link --from=files-2 /rootfs/ /
COPY <<"EOF2" /etc/motd
EOF
of a heredoc
EOF2
ENV PRICE="a \"\$5\" \\ note"
CMD ["node", "dist/index.js"]
