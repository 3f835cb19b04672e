require("node:fs").writeFileSync("/tmp/migrated", "");
