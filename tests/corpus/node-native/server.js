const http = require("node:http");
const features = require("cpu-features")();
http
  .createServer((request, answer) => {
    answer.end(request.url === "/health" ? "ok" : features.arch);
  })
  .listen(process.env.PORT ?? 3000);
process.on("SIGTERM", () => process.exit(0));
