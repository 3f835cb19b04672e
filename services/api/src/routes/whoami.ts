import type { FastifyInstance } from "fastify";
import type { AuthClient } from "../auth-client.js";
import { sendProblem } from "../problems.js";

const BEARER = /^Bearer +([\w.~+/-]+=*)$/i;

export function whoamiRoute(app: FastifyInstance, auth: AuthClient): void {
  app.get("/v1/whoami", async (request, reply) => {
    const token = BEARER.exec(request.headers.authorization ?? "")?.[1];
    if (token === undefined) {
      void reply.header("www-authenticate", "Bearer");
      return sendProblem(reply, 401, "A bearer token is required");
    }
    const verification = await auth.verify(token, request.id);
    if (!verification.active) {
      void reply.header("www-authenticate", 'Bearer error="invalid_token"');
      return sendProblem(reply, 401, verification.reason);
    }
    const { subject, issuer, expires_at } = verification;
    return reply.header("cache-control", "no-store").send({ subject, issuer, expires_at });
  });
}
