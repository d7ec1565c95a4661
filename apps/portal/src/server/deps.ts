import type { Container } from "./container.ts";

export type { Container };

const KEY = Symbol.for("turnpike.portal.container");
const holder = globalThis as { [KEY]?: Container };

/** What the process was started with. Next loads modules once for pages and once for routes: this is one for both. */
export async function container(): Promise<Container> {
  const made = holder[KEY];
  if (!made) throw new Error("The portal was asked before it had started.");
  return made;
}

/** Called once, when the server starts. */
export function provide(made: Container): void {
  holder[KEY] = made;
}
