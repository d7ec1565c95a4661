import { configuration } from "./judged/configuration.ts";
import { glue } from "./judged/glue.ts";
import { objects } from "./judged/objects.ts";
import { observability } from "./judged/observability.ts";
import { queues } from "./judged/queues.ts";
import type { Judged } from "./judged/row.ts";
import { stacks } from "./judged/stacks.ts";
import { tables } from "./judged/tables.ts";

/** Every way in which the sandbox and moto are known to differ. */
export const JUDGED: readonly Judged[] = [
  ...objects,
  ...queues,
  ...configuration,
  ...observability,
  ...glue,
  ...tables,
  ...stacks,
];
