const http = require("node:http");
const { readFileSync, writeFileSync } = require("node:fs");
const path = require("node:path");

const page = readFileSync(path.join(__dirname, "../views/home.html"));
readFileSync(path.join(process.cwd(), "public", "style.css"));
writeFileSync("/var/lib/files/started", "");
http
  .createServer((request, answer) => {
    answer.end(request.url === "/health" ? "ok" : page);
  })
  .listen(process.env.PORT ?? 3000);
process.on("SIGTERM", () => process.exit(0));
