import { createServer } from "node:http";

createServer((request, answer) => {
  answer.end(request.url === "/healthz" ? "ok" : "");
}).listen(Number(process.env.PORT ?? 4000));
process.on("SIGTERM", () => process.exit(0));
