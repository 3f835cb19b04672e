const http = require("node:http");
const { greeting, stage } = require("./generated.js");
http
  .createServer((request, answer) => {
    answer.end(request.url === "/health" ? "ok" : greeting + stage);
  })
  .listen(process.env.PORT ?? 3000);
process.on("SIGTERM", () => process.exit(0));
