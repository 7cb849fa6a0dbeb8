// Ends with whoever started it, even when that one is killed: its standard input closes then.
process.stdin.on("end", () => process.exit(0)).on("error", () => process.exit(0)).resume();
require("azurite/dist/src/azurite.js");
