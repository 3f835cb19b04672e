import { cpSync } from "node:fs";

cpSync("src", "build", { recursive: true });
