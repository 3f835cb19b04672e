# Web Site/9 run?
FROM base:1 AS web-site-9-run
LABEL a.b="1"
LABEL "odd \"name\""="2"
# LABEL "gone" is taken away once the image is there.
EXPOSE 80/tcp
# EXPOSE "81" is taken away once the image is there.
WORKDIR /w
WORKDIR /
CMD ["a", "b"]
ENTRYPOINT ["e"]
CMD ["a", "b"]
ENTRYPOINT ["e", "f\""]
CMD []
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 CMD ["curl", "x y"]
HEALTHCHECK --start-interval=1s CMD curl x
HEALTHCHECK NONE
# Web Site/9 run?
FROM --platform=linux/arm64 base:1 AS web-site-9-run
LABEL a.b="1"
LABEL "odd \"name\""="2"
# LABEL "gone" is taken away once the image is there.
EXPOSE 80/tcp
# EXPOSE "81" is taken away once the image is there.
WORKDIR /w
WORKDIR /
CMD ["a", "b"]
ENTRYPOINT ["e"]
CMD ["a", "b"]
ENTRYPOINT ["e", "f\""]
CMD []
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 CMD ["curl", "x y"]
HEALTHCHECK --start-interval=1s CMD curl x
HEALTHCHECK NONE

FROM scratch AS files
WORKDIR /rootfs
COPY --from=web-site-9-run /w/ /rootfs/1/
RUN --mount=type=bind,from=shim,target=/.shim \
    --mount=type=bind,from=web-site-9-run,source=/w,target=/.original/1 \
    ["/.shim/busybox", "sh", "-c", "number=0\nwhile [ \"${1:---}\" != -- ]; do\n  number=$((number + 1)) folder=${1#*:}\n  [ \"${1%%:*}\" = mode ] || /.shim/busybox chown \"$(/.shim/busybox stat -c %u:%g /.original/$number)\" \"$folder\"\n  /.shim/busybox chmod \"$(/.shim/busybox stat -c %a /.original/$number)\" \"$folder\"\n  shift\ndone\nshift\n[ $# = 0 ] || exec \"$@\"", "--", "owner:/rootfs/1", "--"]

FROM scratch AS files-2
WORKDIR /rootfs
COPY --from=web-site-9-run /w/ /rootfs/2/
RUN --mount=type=bind,from=shim,target=/.shim \
    --mount=type=bind,from=web-site-9-run,source=/w,target=/.original/1 \
    ["/.shim/busybox", "sh", "-c", "number=0\nwhile [ \"${1:---}\" != -- ]; do\n  number=$((number + 1)) folder=${1#*:}\n  [ \"${1%%:*}\" = mode ] || /.shim/busybox chown \"$(/.shim/busybox stat -c %u:%g /.original/$number)\" \"$folder\"\n  /.shim/busybox chmod \"$(/.shim/busybox stat -c %a /.original/$number)\" \"$folder\"\n  shift\ndone\nshift\n[ $# = 0 ] || exec \"$@\"", "--", "owner:/rootfs/2", "--"]

FROM scratch AS stage-721766dd
COPY --link --from=files /rootfs/ /
COPY --link --from=files-2 /rootfs/ /
