// Ends with whoever started it, even when that one is killed: its standard input closes then. What is in memory is saved first.
const end = () => process.emit("SIGINT");
process.stdin.on("end", end).on("error", end).resume();
require("azurite/dist/src/azurite.js");
