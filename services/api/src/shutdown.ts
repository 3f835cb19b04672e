import type { FastifyInstance } from "fastify";

/**
 * Closes the app on the first SIGTERM or SIGINT: new connections are refused, running requests end.
 * As process 1 of a container, node has no default action for these signals; without this, every stop would
 * last until the orchestrator's SIGKILL.
 */
export function closeOnSignal(app: FastifyInstance, timeoutMs: number): void {
  const close = (signal: NodeJS.Signals) => {
    app.log.info({ signal }, "shutting down");
    setTimeout(() => {
      app.log.error({ timeoutMs }, "requests still running at the end of the shutdown time");
      process.exit(1);
    }, timeoutMs).unref();
    app.close().catch((error: unknown) => {
      app.log.error({ err: error }, "shutdown failed");
      process.exitCode = 1;
    });
  };
  process.once("SIGTERM", close);
  process.once("SIGINT", close);
}
