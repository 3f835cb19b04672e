import type { FastifyInstance } from "fastify";

interface Route {
  readonly method: string;
  readonly path: string;
}

/**
 * Lists the routes that are really registered, so the list cannot drift from them.
 * Fastify announces each route as it is added: register this one first.
 */
export function catalogueRoute(app: FastifyInstance): void {
  const routes: Route[] = [];

  app.addHook("onRoute", ({ method, url }) => {
    for (const name of [method].flat()) {
      // Fastify adds a HEAD to every GET; naming both tells a reader nothing.
      if (name !== "HEAD") routes.push({ method: name, path: url });
    }
  });

  app.get("/v1/routes", () => ({
    routes: routes.toSorted(
      (a, b) => a.path.localeCompare(b.path) || a.method.localeCompare(b.method),
    ),
  }));
}
