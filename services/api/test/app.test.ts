import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { AuthRejectedError, AuthUnavailableError } from "../src/auth-client.js";
import { EXPIRES_AT, gateway } from "./gateway.js";

suite("GET /health", () => {
  test("answers without asking the auth service", async (t) => {
    const app = gateway(t, { verify: () => Promise.reject(new Error("down")) });
    const response = await app.inject("/health");
    assert.equal(response.statusCode, 200);
    const body = response.json<{ status: string; service: string }>();
    assert.equal(body.status, "ok");
    assert.equal(body.service, "api-gateway");
  });
});

suite("GET /v1/routes", () => {
  test("lists every route once", async (t) => {
    const response = await gateway(t).inject("/v1/routes");
    assert.deepEqual(response.json(), {
      routes: [
        { method: "GET", path: "/health" },
        { method: "GET", path: "/v1/routes" },
        { method: "POST", path: "/v1/tokens" },
        { method: "GET", path: "/v1/whoami" },
      ],
    });
  });
});

suite("POST /v1/tokens", () => {
  const post = (payload: object | string) =>
    ({
      method: "POST",
      url: "/v1/tokens",
      headers: { "content-type": "application/json" },
      payload,
    }) as const;

  test("hands a valid request and its id to the auth service", async (t) => {
    const calls: unknown[] = [];
    const app = gateway(t, {
      issue: (...call) => {
        calls.push(call);
        return Promise.resolve({ token: "signed", expires_at: EXPIRES_AT });
      },
    });
    const request = post({ subject: " ada " });
    const response = await app.inject({
      ...request,
      headers: { ...request.headers, "x-request-id": "r-1" },
    });
    assert.equal(response.statusCode, 201);
    assert.equal(response.headers["cache-control"], "no-store");
    assert.deepEqual(response.json(), { token: "signed", expires_at: EXPIRES_AT });
    assert.deepEqual(calls, [[{ subject: "ada" }, "r-1"]]);
  });

  for (const [what, payload, named] of [
    ["an empty subject", { subject: " " }, "subject"],
    ["no subject", {}, "subject"],
    ["a subject that is too long", { subject: "a".repeat(257) }, "subject"],
    ["an unknown field", { subject: "ada", admin: true }, "admin"],
    ["broken JSON", "{", "JSON"],
  ] as const) {
    test(`refuses ${what} before the auth service sees it`, async (t) => {
      const app = gateway(t, { issue: () => Promise.reject(new Error("must not be called")) });
      const response = await app.inject(post(payload));
      assert.equal(response.statusCode, 400);
      assert.match(response.headers["content-type"] ?? "", /^application\/problem\+json/);
      const { detail } = response.json<{ detail: string }>();
      assert.ok(detail.includes(named), detail);
    });
  }

  for (const [status, error] of [
    [400, new AuthRejectedError("a subject is needed", 400)],
    [502, new AuthUnavailableError("The auth service cannot be reached")],
    [504, new AuthUnavailableError("The auth service gave no answer", { timedOut: true })],
  ] as const) {
    test(`turns ${error.name} into ${String(status)}`, async (t) => {
      const app = gateway(t, { issue: () => Promise.reject(error) });
      const response = await app.inject(post({ subject: "ada" }));
      assert.equal(response.statusCode, status);
      assert.equal(response.json<{ detail: string }>().detail, error.message);
    });
  }

  test("keeps the message of an unexpected error to itself", async (t) => {
    const app = gateway(t, { issue: () => Promise.reject(new Error("password=hunter2")) });
    const response = await app.inject(post({ subject: "ada" }));
    assert.equal(response.statusCode, 500);
    assert.ok(!response.body.includes("hunter2"));
  });
});

suite("GET /v1/whoami", () => {
  test("answers who the token was issued to", async (t) => {
    const response = await gateway(t).inject({
      url: "/v1/whoami",
      headers: { authorization: "Bearer signed" },
    });
    assert.equal(response.statusCode, 200);
    assert.deepEqual(response.json(), {
      subject: "ada",
      issuer: "auth-service",
      expires_at: EXPIRES_AT,
    });
  });

  for (const [what, authorization] of [
    ["no header", undefined],
    ["another scheme", "Basic YTpi"],
    ["two tokens", "Bearer a b"],
    ["a token that is not active", "Bearer forged"],
  ] as const) {
    test(`asks for a token when there is ${what}`, async (t) => {
      const response = await gateway(t).inject({
        url: "/v1/whoami",
        headers: authorization === undefined ? {} : { authorization },
      });
      assert.equal(response.statusCode, 401);
      assert.match(String(response.headers["www-authenticate"]), /^Bearer/);
    });
  }
});

test("an unknown path is a problem, too", async (t) => {
  const response = await gateway(t).inject("/nowhere");
  assert.equal(response.statusCode, 404);
  assert.equal(response.json<{ detail: string }>().detail, "There is no GET /nowhere");
});
