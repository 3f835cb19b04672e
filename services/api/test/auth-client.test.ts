import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { AuthRejectedError, AuthUnavailableError, createAuthClient } from "../src/auth-client.js";

const REQUEST = { subject: "ada", audience: "orders" };

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
      Promise.resolve(Response.json({ token: "t", expires_at: "2030-01-01T00:00:00Z" })),
    );
    const issued = await client.issue(REQUEST, "r-1");
    assert.equal(issued.token, "t");
    assert.equal(asked[0]?.url, "http://auth.internal/base/v1/tokens");
    assert.equal(asked[0].headers.get("x-request-id"), "r-1");
    assert.deepEqual(await asked[0].json(), REQUEST);
  });

  test("understands both answers of a verification", async () => {
    const inactive = { active: false, reason: "expired" } as const;
    const { client } = clientFor(() => Promise.resolve(Response.json(inactive)));
    assert.deepEqual(await client.verify("t", "r-1"), inactive);
  });

  test("repeats why the auth service refused", async () => {
    const { client } = clientFor(() =>
      Promise.resolve(Response.json({ detail: "ttl_seconds is over 3600" }, { status: 400 })),
    );
    await assert.rejects(client.issue(REQUEST, "r-1"), (error) => {
      assert.ok(error instanceof AuthRejectedError);
      assert.equal(error.message, "ttl_seconds is over 3600");
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
