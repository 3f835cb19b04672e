import { randomUUID } from "node:crypto";
import { fastify, type FastifyBaseLogger, type FastifyInstance } from "fastify";
import type { AuthClient } from "./auth-client.js";
import { registerProblems } from "./problems.js";
import { catalogueRoute } from "./routes/catalogue.js";
import { healthRoute } from "./routes/health.js";
import { tokensRoute } from "./routes/tokens.js";
import { whoamiRoute } from "./routes/whoami.js";
import { compileZod } from "./zod-provider.js";

interface Dependencies {
  readonly auth: AuthClient;
  readonly logger: FastifyBaseLogger;
}

/** Puts the gateway together. It opens no port, so tests drive it with `app.inject`. */
export function buildApp({ auth, logger }: Dependencies): FastifyInstance {
  const app = fastify({
    loggerInstance: logger,
    bodyLimit: 16 * 1024,
    // The caller's id, where there is one, follows the request through every service's log.
    requestIdHeader: "x-request-id",
    genReqId: () => randomUUID(),
    // Idle keep-alive connections must not hold up a shutdown.
    forceCloseConnections: "idle",
  });

  app.setValidatorCompiler(compileZod);
  registerProblems(app);

  catalogueRoute(app);
  healthRoute(app);
  tokensRoute(app, auth);
  whoamiRoute(app, auth);

  return app;
}
