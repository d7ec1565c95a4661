import { readFile, stat } from "node:fs/promises";
import { type Advisories, advisory, indexAdvisories } from "@turnpike/domain/standards";
import type { Logger } from "@turnpike/kernel";
import { z } from "zod";

/**
 * What is known against components, from a file that may be replaced at any time. Without a file there is nothing; one
 * that can't be read is said once, and is as none.
 *
 * @param file as `npm run advisories` writes it
 */
export function createAdvisories(file: string | undefined, log: Logger): Advisories {
  let known: { stamp: string; found: Awaited<ReturnType<Advisories["current"]>> } | undefined;

  async function stampOf(path: string): Promise<string> {
    try {
      const { mtimeMs, size, ino } = await stat(path);
      return `${mtimeMs} ${size} ${ino}`;
    } catch {
      // It isn't there, or nobody may look: nothing is known.
      return "";
    }
  }

  async function read(path: string, version: string): ReturnType<Advisories["current"]> {
    try {
      const text = await readFile(path, "utf8");
      return { version, text, index: indexAdvisories(z.array(advisory).parse(JSON.parse(text))) };
    } catch (error) {
      log.error({ file: path, err: error }, "advisories can't be read; nothing is known against components");
      return undefined;
    }
  }

  return {
    async current() {
      if (file === undefined) return undefined;
      const stamp = await stampOf(file);
      if (known?.stamp !== stamp) known = { stamp, found: stamp === "" ? undefined : await read(file, stamp) };
      return known.found;
    },
  };
}
