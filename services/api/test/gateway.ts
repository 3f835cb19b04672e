import type { TestContext } from "node:test";
import { pino } from "pino";
import { buildApp } from "../src/app.js";
import type { AuthClient } from "../src/auth-client.js";

export const EXPIRES_AT = "2030-01-01T00:00:00.000Z";

/** An auth service that issues "signed" and knows no other token. */
export const fakeAuth: AuthClient = {
  issue: () => Promise.resolve({ token: "signed", expires_at: EXPIRES_AT }),
  verify: (token) =>
    Promise.resolve(
      token === "signed"
        ? { active: true, subject: "ada", issuer: "auth-service", expires_at: EXPIRES_AT }
        : { active: false, reason: "token is not valid" },
    ),
};

/** A gateway that is closed with its test. */
export function gateway(t: TestContext, auth: Partial<AuthClient> = {}) {
  const app = buildApp({ auth: { ...fakeAuth, ...auth }, logger: pino({ level: "silent" }) });
  t.after(() => app.close());
  return app;
}
