import { pino, type Logger } from "pino";
import type { Config } from "./config.js";

export function createLogger(config: Pick<Config, "logLevel">): Logger {
  return pino({
    name: "api-gateway",
    level: config.logLevel,
    // A bearer token in a log is a leaked credential, whoever logs the request.
    redact: ["req.headers.authorization", "headers.authorization"],
  });
}
