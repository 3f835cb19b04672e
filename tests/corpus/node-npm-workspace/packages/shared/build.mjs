import { cpSync } from "node:fs";

cpSync("src", "lib", { recursive: true });
