const http = require("node:http");
const ms = require("ms");
http
  .createServer((request, answer) => {
    answer.end(request.url === "/health" ? "ok" : String(ms("1s")));
  })
  .listen(process.env.PORT ?? 3000);
process.on("SIGTERM", () => process.exit(0));
