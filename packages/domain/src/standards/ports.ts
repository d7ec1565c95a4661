import type { AdvisoryIndex } from "./supply/advisories.ts";

/** What is known against the components that services ship. */
export interface Advisories {
  /** As they are now; undefined where this installation has none. `text` is what `index` was made of, `version` differs when it does. */
  current(): Promise<{ readonly version: string; readonly text: string; readonly index: AdvisoryIndex } | undefined>;
}
