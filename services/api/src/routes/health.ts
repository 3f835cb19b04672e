import type { FastifyInstance } from "fastify";

/**
 * Liveness only. It does not ask the auth service: a restart of the gateway would not cure a
 * failing neighbour, it would only spread the failure.
 */
export function healthRoute(app: FastifyInstance): void {
  // Probes come every few seconds; logging them would bury everything else.
  app.get("/health", { logLevel: "warn" }, () => ({
    status: "ok",
    service: "api-gateway",
    uptime_seconds: Math.floor(process.uptime()),
  }));
}
