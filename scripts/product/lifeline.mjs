/**
 * Loaded into a child process before its own code: when the pipe on standard input closes, whoever started it is
 * gone, however it ended, and the child stops as if asked to; ten seconds later it is made to.
 */
process.stdin.resume();
process.stdin.on("error", () => {});
process.stdin.on("close", () => {
  process.kill(process.pid, "SIGTERM");
  setTimeout(() => process.exit(1), 10_000).unref();
});
process.stdin.unref?.();
