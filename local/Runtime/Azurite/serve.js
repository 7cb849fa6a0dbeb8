// Ends with whoever started it, even when that one is killed: its standard input closes then. What is in memory is saved first.
const end = () => process.emit("SIGINT");
process.stdin.on("end", end).on("error", end).resume();

// Azurite saves every five seconds, so that a kill loses what it has answered for. Asked to, answer a write only once it is on the disk.
if (process.env.RESCAN_AZURITE_DURABLE) {
  const Loki = require("lokijs");
  const { ServerResponse } = require("http");
  const databases = new Map();
  // Every database asks to be saved at intervals once it is made, a new one too, which is never loaded. A save at an interval would
  // clear the mark of a write that still waits for its own, and let it be answered before it is on the disk.
  Loki.prototype.autosaveEnable = function () {
    databases.set(this, Promise.resolve());
  };
  const saved = () => Promise.all([...databases].map(([database, saving]) => {
    if (!database.autosaveDirty()) return saving;
    const save = new Promise((done, fail) => database.saveDatabase(e => e ? fail(e) : done()));
    databases.set(database, save);
    return save;
  }));
  const answer = ServerResponse.prototype.end;
  ServerResponse.prototype.end = function (...args) {
    if (this.req.method === "GET" || this.req.method === "HEAD") return answer.apply(this, args);
    saved().then(() => answer.apply(this, args), () => this.destroy());
    return this;
  };
}
require("azurite/dist/src/azurite.js");
