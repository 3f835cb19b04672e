import { z } from "zod";

/** What a caller asks of the gateway, and the auth service of its callers. */
export const TokenRequest = z.strictObject({ subject: z.string().trim().min(1).max(256) });
export type TokenRequest = z.output<typeof TokenRequest>;

/** The auth service counts in seconds since 1970; people and the gateway's callers read dates. */
const expiry = z
  .int()
  .nonnegative()
  .transform((seconds) => new Date(seconds * 1000).toISOString());

const IssuedToken = z
  .object({ token: z.string(), expires: expiry })
  .transform(({ token, expires }) => ({ token, expires_at: expires }));
export type IssuedToken = z.output<typeof IssuedToken>;

const Claims = z
  .object({ sub: z.string(), iss: z.string(), exp: expiry })
  .transform(({ sub, iss, exp }) => ({ subject: sub, issuer: iss, expires_at: exp }));

export type Verification =
  | ({ readonly active: true } & z.output<typeof Claims>)
  | { readonly active: false; readonly reason: string };

const Rejection = z.object({ detail: z.string() });

export interface AuthClient {
  issue(request: TokenRequest, requestId: string): Promise<IssuedToken>;
  verify(token: string, requestId: string): Promise<Verification>;
}

/** The auth service understood the request and refused it: the caller's mistake. */
export class AuthRejectedError extends Error {
  override readonly name = "AuthRejectedError";
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** The auth service failed, is away, or answers something we do not understand: not the caller's mistake. */
export class AuthUnavailableError extends Error {
  override readonly name = "AuthUnavailableError";
  readonly timedOut: boolean;

  constructor(message: string, options: ErrorOptions & { timedOut?: boolean } = {}) {
    super(message, options);
    this.timedOut = options.timedOut ?? false;
  }
}

interface AuthClientOptions {
  readonly url: string;
  readonly timeoutMs: number;
  /** Replaced in tests. */
  readonly fetch?: typeof globalThis.fetch;
}

export function createAuthClient({
  url,
  timeoutMs,
  fetch = globalThis.fetch,
}: AuthClientOptions): AuthClient {
  // A base without its final slash would lose its last path segment in `new URL`.
  const base = url.endsWith("/") ? url : `${url}/`;

  async function post<T>(
    path: string,
    body: unknown,
    requestId: string,
    answer: z.ZodType<T>,
  ): Promise<T> {
    let status: number;
    let text: string;
    try {
      const response = await fetch(new URL(path, base), {
        method: "POST",
        headers: { "content-type": "application/json", "x-request-id": requestId },
        body: JSON.stringify(body),
        redirect: "error",
        signal: AbortSignal.timeout(timeoutMs),
      });
      status = response.status;
      text = await response.text();
    } catch (cause) {
      const timedOut = cause instanceof Error && cause.name === "TimeoutError";
      const what = timedOut ? `gave no answer in ${String(timeoutMs)} ms` : "cannot be reached";
      throw new AuthUnavailableError(`The auth service ${what}`, { cause, timedOut });
    }
    if (status === 400 || status === 401) {
      const rejection = Rejection.safeParse(parseJson(text));
      throw new AuthRejectedError(
        rejection.data?.detail ?? "The auth service refused the request",
        status,
      );
    }
    if (status < 200 || status > 299) {
      throw new AuthUnavailableError(`The auth service answered with status ${String(status)}`);
    }
    const parsed = answer.safeParse(parseJson(text));
    if (!parsed.success) {
      throw new AuthUnavailableError("The auth service gave an unexpected answer", {
        cause: parsed.error,
      });
    }
    return parsed.data;
  }

  return {
    issue: (request, requestId) => post("v1/tokens", request, requestId, IssuedToken),
    verify: async (token, requestId) => {
      try {
        return { active: true, ...(await post("v1/verify", { token }, requestId, Claims)) };
      } catch (error) {
        // For a verification "no" is an answer like any other.
        if (error instanceof AuthRejectedError && error.status === 401) {
          return { active: false, reason: error.message };
        }
        throw error;
      }
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
