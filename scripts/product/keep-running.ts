import type { Child } from "./child.ts";

const PAUSE_MS = 500;
/** A process that ends this often in a row is broken, not unlucky. */
const MAX_RESTARTS = 20;

/** Starts a process, and starts it again whenever it ends by itself. `stop` ends it for good. */
export async function keepRunning(
  start: () => Promise<Child>,
  { onStart, onEnd }: { onStart: (pid: number) => void; onEnd: () => void },
): Promise<{ stop: () => Promise<void> }> {
  let stopping = false;
  let child = await start();
  onStart(child.pid);

  const watch = async () => {
    for (let restarts = 0; !stopping && restarts < MAX_RESTARTS; restarts++) {
      await child.ended;
      if (stopping) return;
      onEnd();
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      if (stopping) return;
      try {
        child = await start();
        onStart(child.pid);
      } catch {
        // It ended at its start: its log says why, and the next turn tries again.
      }
    }
  };
  const watching = watch();

  return {
    async stop() {
      stopping = true;
      await child.stop();
      await watching;
    },
  };
}
