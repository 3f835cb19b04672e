const http = require("node:http");

http
  .createServer((request, answer) => {
    answer.end(request.url === "/health" ? "ok" : process.env.GREETING);
  })
  .listen(process.env.PORT ?? 3000);
process.on("SIGTERM", () => process.exit(0));
