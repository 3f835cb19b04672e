# What an expert writes by hand for services/auth: the same stages, by the same pattern.
FROM go-build AS deps
USER 1000:1000
WORKDIR /src
ENV CGO_ENABLED=0 GOFLAGS=-mod=readonly
COPY --link --chown=1000:1000 go.mod go.sum ./
RUN --mount=type=cache,id=hand-go-mod,target=/go/pkg/mod,uid=1000,gid=1000 \
    --mount=type=secret,id=ca,target=/run/host/ca.pem,mode=0444 \
    --mount=type=secret,id=SSL_CERT_FILE,env=SSL_CERT_FILE \
    ["sh", "-ec", "go mod download && go mod verify"]

FROM deps AS build
COPY --link --chown=1000:1000 cmd ./cmd
COPY --link --chown=1000:1000 internal ./internal
RUN --mount=type=cache,id=hand-go-mod,target=/go/pkg/mod,uid=1000,gid=1000 \
    --mount=type=cache,id=hand-go-build,target=/home/node/.cache/go-build,uid=1000,gid=1000 \
    --mount=type=secret,id=ca,target=/run/host/ca.pem,mode=0444 \
    --mount=type=secret,id=SSL_CERT_FILE,env=SSL_CERT_FILE \
    ["go", "build", "-trimpath", "-ldflags", "-s -w -extldflags '-static'", "-o", "/tmp/app", "./cmd/server"]

FROM scratch AS config
COPY --link config/production.yaml /etc/app/config.yaml

FROM scratch
COPY --link --from=go-build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --link --from=build /tmp/app /bin/app
COPY --link --from=config / /
USER 1001:1001
EXPOSE 8080
ENTRYPOINT ["/bin/app"]
CMD ["--config", "/etc/app/config.yaml"]
