import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { ConfigError, loadConfig } from "../src/config.js";

suite("configuration", () => {
  test("needs nothing to start", () => {
    assert.deepEqual(loadConfig({}), {
      host: "0.0.0.0",
      port: 3000,
      logLevel: "info",
      auth: { url: "http://127.0.0.1:8080", timeoutMs: 2_000 },
      shutdownTimeoutMs: 10_000,
    });
  });

  test("takes values from the environment", () => {
    const config = loadConfig({ PORT: "8081", AUTH_URL: "https://auth.internal/base" });
    assert.equal(config.port, 8081);
    assert.equal(config.auth.url, "https://auth.internal/base");
  });

  test("treats an empty variable as not set", () => {
    assert.equal(loadConfig({ PORT: "" }).port, 3000);
  });

  for (const [name, value] of [
    ["PORT", "http"],
    ["PORT", "65536"],
    ["AUTH_URL", "auth:8080"],
    ["AUTH_URL", "ftp://auth.internal"],
    ["LOG_LEVEL", "loud"],
    ["AUTH_TIMEOUT_MS", "0"],
  ] as const) {
    test(`refuses ${name}=${value} and names the variable`, () => {
      assert.throws(
        () => loadConfig({ [name]: value }),
        (error) => error instanceof ConfigError && error.message.includes(name),
      );
    });
  }
});
