/**
 * Messages on the bootstrap's log pipe: 4 bytes of magic, 4 bytes of length (big endian), the text. A pipe of its own
 * keeps a message of several lines one log event, as the managed runtimes do over `_LAMBDA_TELEMETRY_LOG_FD`; what a
 * function writes to stdout itself is split at line ends.
 */
const MAGIC = 0xa55a0003;
const HEADER_BYTES = 8;
/** A pipe's reader must not buffer without end for a child that writes nonsense. */
const LONGEST_MESSAGE_BYTES = 1_048_576;

export function frameReader(onMessage: (text: string) => void): (chunk: Buffer) => void {
  let held: Buffer = Buffer.alloc(0);
  return (chunk) => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    while (held.length >= HEADER_BYTES) {
      const length = held.readUInt32BE(4);
      if (held.readUInt32BE(0) !== MAGIC || length > LONGEST_MESSAGE_BYTES) {
        held = Buffer.alloc(0);
        return;
      }
      if (held.length < HEADER_BYTES + length) return;
      onMessage(held.toString("utf8", HEADER_BYTES, HEADER_BYTES + length));
      held = held.subarray(HEADER_BYTES + length);
    }
  };
}

/** Splits a stream at line ends; what is left without one is told by `flush`. */
export function lineReader(onLine: (line: string) => void): { write(text: string): void; flush(): void } {
  let held = "";
  return {
    write(text) {
      const parts = (held + text).split("\n");
      held = parts.pop() ?? "";
      for (const line of parts) onLine(line);
      if (held.length > LONGEST_MESSAGE_BYTES) {
        onLine(held);
        held = "";
      }
    },
    flush() {
      if (held !== "") onLine(held);
      held = "";
    },
  };
}
