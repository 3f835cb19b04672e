import { cpSync, existsSync } from "node:fs";

if (!existsSync("src/generated.js")) throw new Error("nothing was generated");
cpSync("src", "dist", { recursive: true });
