"""What real Dockerfiles have that looks like a pitfall and is none."""

from __future__ import annotations

import anyio
import pytest

from pipeline.config import FILE_NAME, load
from pipeline.doctor import examine

_PACKAGE = {"package.json": '{"devDependencies": {"cypress": "15"}}\n', "package-lock.json": "{}\n"}
_NODE = '{"name": "app", "main": "index.js", "dependencies": {}}\n'


@pytest.mark.parametrize(
    ("absent", "files"),
    [
        pytest.param("P10", {"Dockerfile": 'ARG IMAGE=placeholder\nFROM ${IMAGE}\nCMD ["/app"]\n'}, id="an image by argument"),
        pytest.param("P10-root-user", {"Dockerfile": "FROM golang:1.25.3\nRUN go install x@v1\n"}, id="a tool of the build"),
        pytest.param(
            "P10-root-user", {"Dockerfile": 'FROM ghcr.io/acme/base:1\nCMD ["/app"]\n'}, id="an image whose user is not known"
        ),
        pytest.param("P10-root-user", {"Dockerfile": 'FROM gcr.io/distroless/static:nonroot\nCMD ["/app"]\n'}, id="nonroot"),
        pytest.param(
            "P10-root-user", {"Dockerfile": 'FROM alpine:3\nRUN apk add su-exec\nENTRYPOINT ["/entry.sh"]\n'}, id="su-exec"
        ),
        pytest.param(
            "P10-shell-form",
            {"Dockerfile": "# check=skip=JSONArgsRecommended\nFROM alpine:3\nCMD app\n"},
            id="skipped in the file",
        ),
        pytest.param("P10-shell-form", {"Dockerfile": "FROM alpine:3\nCMD migrate && exec app\n"}, id="exec"),
        pytest.param(
            "P4-go-sum",
            {
                "pipeline.toml": '[services.app]\npath = "go/app"\n',
                "go/go.work": "go 1.25\n\nuse ./app\n",
                "go/app/go.mod": "module example.com/app\n\ngo 1.25\n\nrequire github.com/go-chi/chi/v5 v5.2.3\n",
                "go/app/main.go": 'package main\n\nimport _ "github.com/go-chi/chi/v5"\n\nfunc main() {}\n',
            },
            id="a workspace with sums of its own",
        ),
        pytest.param("P10-floating-tag", {"Dockerfile": "FROM debian:bookworm-slim\n"}, id="a release by its name"),
        pytest.param("P9", {"Dockerfile": "# check=skip=all\nFROM alpine:3\nARG API_TOKEN\n"}, id="all skipped in the file"),
        pytest.param(
            "P7-dev-dependencies",
            {**_PACKAGE, "Dockerfile": 'FROM cypress/included:15\nCOPY . .\nRUN npm ci\nENTRYPOINT ["cypress", "run"]\n'},
            id="an image of tests",
        ),
        pytest.param(
            "P7",
            {**_PACKAGE, "relational.test.Dockerfile": 'FROM node:22\nCOPY . .\nRUN npm install\nCMD ["/opt/startup.sh"]\n'},
            id="a file for tests",
        ),
        pytest.param(
            "P10-root-user", {"dev/app.Dockerfile": 'FROM node:22\nCMD ["npx", "nodemon", "a.js"]\n'}, id="root for development"
        ),
        pytest.param(
            "P10-start-wrapper", {"Dockerfile": 'FROM node:22\nCMD ["npx", "next", "dev"]\n'}, id="a wrapper for development"
        ),
        pytest.param("P7", {"dev/app.Dockerfile": 'FROM node:22\nCMD ["sleep infinity"]\n'}, id="a folder for development"),
        pytest.param(
            "P7",
            {**_PACKAGE, "Dockerfile": 'FROM node:22-alpine\nRUN apk add g++ make\nRUN npm ci\nCMD ["npx", "next", "dev"]\n'},
            id="a server for development",
        ),
        pytest.param(
            "P9-secret-file",
            {"Dockerfile": "FROM alpine:3\nCOPY . .\n", ".env.dev.default": "DB_PASSWORD=a-word\n"},
            id="defaults of variables",
        ),
        pytest.param(
            "P9-ignore-file",
            {"Dockerfile": "FROM alpine:3\nCOPY . .\n", ".dockerignore": ".git/objects\nnode_modules\n"},
            id="history without its content",
        ),
        pytest.param("P9-ignore-file", {"Dockerfile": "FROM golang:1.25\nCOPY . .\nRUN make build\n"}, id="history for make"),
        pytest.param(
            "P5-other-platform",
            {
                "Dockerfile": "FROM --platform=$BUILDPLATFORM golang:1.25-alpine AS build\nRUN xx-go --wrap\n"
                "RUN CGO_ENABLED=0 go build -o /app .\nFROM scratch\nCOPY --from=build /app /app\n"
            },
            id="wrappers for the target",
        ),
        pytest.param(
            "P5-not-static",
            {
                "Dockerfile": "FROM golang:1.25-alpine AS build\nRUN go build -o /app .\nFROM scratch\nCOPY --from=build /app /app\n"
            },
            id="no C compiler",
        ),
        pytest.param(
            "P3", {"Dockerfile": "ARG V\nFROM alpine:3\nRUN V=$(date); echo $V ${V:-1} '$V'\n"}, id="set in the script"
        ),
        pytest.param(
            "P3",
            {"Dockerfile": "FROM alpine:3 AS a\nARG V=1\nFROM a AS b\nRUN echo $V\n"},
            id="declared in the stage that it begins with",
        ),
        pytest.param(
            "P2", {"Dockerfile": "FROM alpine:3\nUSER app\nRUN --mount=type=cache,target=/c,mode=0777 x\n"}, id="open to all"
        ),
        pytest.param("P8", {"Dockerfile": "FROM alpine:3\nARG VERSION\nRUN make\n"}, id="read by a command, unseen"),
        pytest.param(
            "P9-secret-variable",
            {"Dockerfile": "FROM alpine:3\nENV NEXT_PUBLIC_API_KEY=a DB_PASSWORD_FILE=/run/secrets/db\n"},
            id="no secrets",
        ),
        pytest.param(
            "P4-undeclared-import",
            {
                "app/package.json": _NODE,
                "app/package-lock.json": "{}",
                "app/tsconfig.json": '{"compilerOptions": {"paths": {"@shared/*": ["./shared/*"]}}}',
                "app/index.ts": 'import a from "@shared/x";\nimport type { B } from "b";\nimport c from "node:fs";\nimport d from "#d";\n'
                'try { require("e"); } catch {}\n',
                "pipeline.toml": '[services.app]\npath = "app"\n',
            },
            id="aliases, types, what is optional",
        ),
    ],
)
def test_no_false_alarm(absent, files, tmp_path):
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)

    config = load(tmp_path, environ={}) if (tmp_path / FILE_NAME).exists() else None
    found = anyio.run(examine, tmp_path, [], config)

    assert found.dockerfiles or found.services
    assert not [item for item in found.findings if item.rule.id.startswith(absent)]
