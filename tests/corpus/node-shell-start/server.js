const http = require("node:http");
require("node:fs").readFileSync("/tmp/migrated");
http
  .createServer((request, answer) => {
    answer.end(request.url === "/health" ? "ok" : "migrated");
  })
  .listen(process.env.PORT ?? 3000);
process.on("SIGTERM", () => process.exit(0));
