import { buildApp } from "./app.js";
import { createAuthClient } from "./auth-client.js";
import { ConfigError, loadConfig } from "./config.js";
import { createLogger } from "./logger.js";
import { closeOnSignal } from "./shutdown.js";

try {
  const config = loadConfig(process.env);
  const app = buildApp({ auth: createAuthClient(config.auth), logger: createLogger(config) });
  closeOnSignal(app, config.shutdownTimeoutMs);
  await app.listen({ host: config.host, port: config.port });
} catch (error) {
  console.error(error instanceof ConfigError ? error.message : error);
  process.exitCode = 1;
}
