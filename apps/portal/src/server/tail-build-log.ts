import type { LogChunk } from "@turnpike/domain/pipelines";
import type { Logger } from "@turnpike/kernel";
import { problemOf } from "./errors.ts";
import type { Send } from "./event-stream.ts";

const POLL_MS = 700;
/** How many failures in a row are one too many. */
const PATIENCE = 5;

/**
 * Sends a build's log from `first` to its end, each chunk with the cursor that follows it. Returns the function that
 * stops it.
 */
export function tailBuildLog(options: {
  first: LogChunk;
  read: (cursor: string | undefined) => Promise<LogChunk>;
  send: Send;
  end: () => void;
  log: Logger;
}): () => void {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let failures = 0;

  const take = (chunk: LogChunk, before: string | undefined) => {
    const cursor = chunk.cursor ?? before;
    if (chunk.lines.length > 0) options.send("lines", chunk.lines, cursor);
    if (chunk.ended) {
      options.send("ended", {});
      options.end();
      return;
    }
    // A full page is followed by the next at once; a tail waits for more to be written.
    timer = setTimeout(() => void next(cursor), chunk.lines.length > 0 ? 50 : POLL_MS);
  };

  async function next(cursor: string | undefined): Promise<void> {
    try {
      const chunk = await options.read(cursor);
      if (stopped) return;
      failures = 0;
      take(chunk, cursor);
    } catch (error) {
      options.log.warn({ err: error }, "a build log could not be read");
      if (stopped) return;
      if (++failures < PATIENCE) {
        timer = setTimeout(() => void next(cursor), POLL_MS * 2 ** failures);
        return;
      }
      options.send("failed", { message: problemOf(error, "").message });
      options.end();
    }
  }

  // After the response has begun: `end` may be called in here.
  timer = setTimeout(() => take(options.first, undefined), 0);
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
