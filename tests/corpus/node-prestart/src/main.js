const http = require("node:http");
const { handler } = require("./routes");

http.createServer(handler).listen(process.env.PRESTART_PORT || process.env.PORT || 4100);
