const http = require("node:http");
const { second } = require("@shop/shared");
http
  .createServer((request, answer) => {
    answer.end(request.url === "/health" ? "ok" : second());
  })
  .listen(process.env.PORT ?? 3000);
process.on("SIGTERM", () => process.exit(0));
