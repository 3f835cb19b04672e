# What most repositories have: one stage, sources before dependencies, the toolchain in the image.
FROM go-build
WORKDIR /src
COPY . .
RUN --mount=type=secret,id=ca,target=/run/host/ca.pem,mode=0444 \
    --mount=type=secret,id=SSL_CERT_FILE,env=SSL_CERT_FILE \
    go build -o /bin/app ./cmd/server
EXPOSE 8080
CMD /bin/app --config config/production.yaml
