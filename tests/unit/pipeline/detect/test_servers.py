"""Which programs of Go may listen, and which listen nowhere for sure."""

from __future__ import annotations

import pytest
from trees import write

from pipeline.detect.golang.servers import may_listen
from pipeline.detect.programs import GO_FILES, programs


def told(tmp_path, body, *, alone):
    write(tmp_path, {"a.go": "package a\n", "b.go": f"package a\n\n{body}\n"})
    return may_listen(programs(tmp_path, "svc", GO_FILES), alone=alone)


@pytest.mark.parametrize(
    "body",
    [
        'var err = http.ListenAndServe(":1", nil)',
        "var server = &http.Server{Addr: address}",
        "var err = http.Serve(socket, nil)",
        'var socket, _ = net.Listen("tcp", address)',
        "var socket, _ = net.FileListener(file)",
        "var s = grpc.NewServer()",
        'import "C"',
    ],
)
@pytest.mark.parametrize("alone", [True, False])
def test_what_listens_by_a_name_of_go_s(tmp_path, body, alone):
    assert told(tmp_path, body, alone=alone)


@pytest.mark.parametrize(
    "body", ["var err = gin.Default().Run()", "func f() { h.Spin() }", "func f() { lambda.Start(handle) }"]
)
def test_another_module_s_program_may_listen_without_a_word_of_it(tmp_path, body):
    assert told(tmp_path, body, alone=False)
    assert not told(tmp_path, body, alone=True)


@pytest.mark.parametrize(
    "body",
    [
        "// It listens nowhere, and serves nobody.",
        'import "net/http"\n\nvar answer, err = http.Get("https://a.test")',
        "var err = reader.FetchMessage(context)",
        "func main() { run() }",
    ],
)
def test_a_worker_listens_nowhere(tmp_path, body):
    assert not told(tmp_path, body, alone=False)
