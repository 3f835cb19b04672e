const http = require("node:http");
const ms = require("ms");
const { greeting } = require("./generated/words");

http
  .createServer((request, response) => {
    response.writeHead(request.url === "/health" && ms("patched") === true ? 200 : 404).end(greeting);
  })
  .listen(3000);
