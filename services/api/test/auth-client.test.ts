import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { AuthRejectedError, AuthUnavailableError, createAuthClient } from "../src/auth-client.js";

const REQUEST = { subject: "ada" };

/** A client whose auth service always gives this answer; it remembers what it was asked. */
function clientFor(answer: () => Promise<Response>, url = "http://auth.internal/base") {
  const asked: Request[] = [];
  const client = createAuthClient({
    url,
    timeoutMs: 50,
    fetch: (input, init) => {
      asked.push(new Request(input, init));
      return answer();
    },
  });
  return { client, asked };
}

suite("auth client", () => {
  test("asks below the configured address and passes the request id on", async () => {
    const { client, asked } = clientFor(() =>
      Promise.resolve(Response.json({ token: "t", expires: 1893456000 })),
    );
    const issued = await client.issue(REQUEST, "r-1");
    assert.deepEqual(issued, { token: "t", expires_at: "2030-01-01T00:00:00.000Z" });
    assert.equal(asked[0]?.url, "http://auth.internal/base/v1/tokens");
    assert.equal(asked[0].headers.get("x-request-id"), "r-1");
    assert.deepEqual(await asked[0].json(), REQUEST);
  });

  test("understands both answers of a verification", async () => {
    const claims = { sub: "ada", iss: "auth-service", exp: 1893456000 };
    const good = clientFor(() => Promise.resolve(Response.json(claims)));
    assert.deepEqual(await good.client.verify("t", "r-1"), {
      active: true,
      subject: "ada",
      issuer: "auth-service",
      expires_at: "2030-01-01T00:00:00.000Z",
    });
    const detail = "token has expired";
    const bad = clientFor(() => Promise.resolve(Response.json({ detail }, { status: 401 })));
    assert.deepEqual(await bad.client.verify("t", "r-1"), { active: false, reason: detail });
  });

  test("repeats why the auth service refused", async () => {
    const { client } = clientFor(() =>
      Promise.resolve(Response.json({ detail: "a subject is needed" }, { status: 400 })),
    );
    await assert.rejects(client.issue(REQUEST, "r-1"), (error) => {
      assert.ok(error instanceof AuthRejectedError);
      assert.equal(error.message, "a subject is needed");
      return true;
    });
  });

  for (const [what, answer] of [
    ["a server error", () => Promise.resolve(new Response("oops", { status: 503 }))],
    ["an answer that is no JSON", () => Promise.resolve(new Response("<html>"))],
    ["an answer of another form", () => Promise.resolve(Response.json({ token: 1 }))],
    ["no connection", () => Promise.reject(new TypeError("fetch failed"))],
  ] as const) {
    test(`is unavailable on ${what}`, async () => {
      const { client } = clientFor(answer);
      await assert.rejects(client.issue(REQUEST, "r-1"), AuthUnavailableError);
    });
  }

  test("gives up when the time is over", async () => {
    const client = createAuthClient({
      url: "http://auth.internal",
      timeoutMs: 10,
      // Never answers, but gives up with its signal, as the real one does.
      fetch: (_input, init) =>
        new Promise((_resolve, reject) => {
          init?.signal?.addEventListener("abort", () => {
            reject(init.signal?.reason as Error);
          });
          // AbortSignal.timeout does not keep the process alive by itself.
          setTimeout(() => undefined, 100);
        }),
    });
    await assert.rejects(
      client.issue(REQUEST, "r-1"),
      (error) => error instanceof AuthUnavailableError && error.timedOut,
    );
  });
});
