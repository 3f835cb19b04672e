import { STATUS_CODES } from "node:http";
import type { FastifyError, FastifyInstance, FastifyReply } from "fastify";
import { AuthRejectedError, AuthUnavailableError } from "./auth-client.js";

/** Every error leaves the gateway in one form: problem details (RFC 9457). */
export function sendProblem(reply: FastifyReply, status: number, detail: string): FastifyReply {
  return reply
    .code(status)
    .type("application/problem+json")
    .send({ type: "about:blank", title: STATUS_CODES[status] ?? "Error", status, detail });
}

export function registerProblems(app: FastifyInstance): void {
  app.setNotFoundHandler((request, reply) =>
    sendProblem(reply, 404, `There is no ${request.method} ${request.url}`),
  );

  app.setErrorHandler<FastifyError | AuthRejectedError | AuthUnavailableError>(
    (error, request, reply) => {
      if (error instanceof AuthRejectedError) {
        return sendProblem(reply, 400, error.message);
      }
      if (error instanceof AuthUnavailableError) {
        request.log.warn({ err: error }, "auth service unavailable");
        return sendProblem(reply, error.timedOut ? 504 : 502, error.message);
      }
      const status = "statusCode" in error ? (error.statusCode ?? 500) : 500;
      if (status < 500) {
        return sendProblem(reply, status, error.message);
      }
      // The message of an unexpected error is for the log: it may name what callers must not see.
      request.log.error({ err: error }, "unexpected error");
      return sendProblem(reply, 500, "The gateway failed to answer this request");
    },
  );
}
