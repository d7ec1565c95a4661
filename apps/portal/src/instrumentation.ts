/** Runs once when the server starts: a bad environment or an unreachable database stops it here, with its reason. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== "nodejs") return;
  const { start } = await import("./server/start.ts");
  await start();
}
