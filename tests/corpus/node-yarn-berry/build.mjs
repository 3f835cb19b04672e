import { cpSync } from "node:fs";
import colors from "picocolors";

cpSync("src", "dist", { recursive: true });
console.log(colors.green("built"));
