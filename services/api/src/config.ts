import { z } from "zod";

/** Environment variables arrive as text, and an empty one means "not set" to every orchestrator we know. */
const optional = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === "" ? undefined : value), schema);

const Environment = z.object({
  HOST: optional(z.string().default("0.0.0.0")),
  PORT: optional(z.coerce.number().int().min(0).max(65535).default(3000)),
  LOG_LEVEL: optional(
    z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).default("info"),
  ),
  AUTH_URL: optional(z.url({ protocol: /^https?$/ }).default("http://127.0.0.1:8080")),
  AUTH_TIMEOUT_MS: optional(z.coerce.number().int().min(1).max(60_000).default(2_000)),
  SHUTDOWN_TIMEOUT_MS: optional(z.coerce.number().int().min(1).max(600_000).default(10_000)),
});

export interface Config {
  readonly host: string;
  readonly port: number;
  readonly logLevel: z.output<typeof Environment>["LOG_LEVEL"];
  readonly auth: { readonly url: string; readonly timeoutMs: number };
  readonly shutdownTimeoutMs: number;
}

export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** Reads the whole configuration once, at start, so that a wrong value stops the process and never a request. */
export function loadConfig(environment: NodeJS.ProcessEnv): Config {
  const parsed = Environment.safeParse(environment);
  if (!parsed.success) {
    throw new ConfigError(`Invalid environment:\n${z.prettifyError(parsed.error)}`);
  }
  const env = parsed.data;
  return {
    host: env.HOST,
    port: env.PORT,
    logLevel: env.LOG_LEVEL,
    auth: { url: env.AUTH_URL, timeoutMs: env.AUTH_TIMEOUT_MS },
    shutdownTimeoutMs: env.SHUTDOWN_TIMEOUT_MS,
  };
}
