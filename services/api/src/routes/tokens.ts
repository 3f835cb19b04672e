import type { FastifyInstance } from "fastify";
import { TokenRequest, type AuthClient } from "../auth-client.js";
import type { ZodTypeProvider } from "../zod-provider.js";

export function tokensRoute(app: FastifyInstance, auth: AuthClient): void {
  app
    .withTypeProvider<ZodTypeProvider>()
    .post("/v1/tokens", { schema: { body: TokenRequest } }, async (request, reply) => {
      const issued = await auth.issue(request.body, request.id);
      return reply.code(201).header("cache-control", "no-store").send(issued);
    });
}
