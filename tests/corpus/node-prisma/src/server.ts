import { createServer } from "node:http";
import { Prisma } from "./generated/client.js";

createServer((request, answer) => {
  answer.end(request.url === "/health" ? Prisma.ModelName.User : "");
}).listen(Number(process.env.PORT ?? 3000));
process.on("SIGTERM", () => process.exit(0));
