import { z } from "zod";
import { AwsError } from "./errors.ts";

const at = z.enum(["before", "after"]).default("before");

/**
 * What goes wrong. `before`: nothing was done; `after`: everything was done, and only the answer is another or is lost.
 * `lose` and `duplicate` are for events on their way (EventBridge's to its targets, GitHub's webhooks); all others are for
 * requests.
 */
const effect = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("latency"), ms: z.number().int().min(0).max(900_000) }),
  z.strictObject({ kind: z.literal("throttle") }),
  z.strictObject({ kind: z.literal("error"), status: z.number().int().min(400).max(599).default(500), at }),
  z.strictObject({ kind: z.literal("cut"), at }),
  z.strictObject({ kind: z.literal("expired-credentials") }),
  z.strictObject({ kind: z.literal("refuse") }),
  z.strictObject({ kind: z.literal("lose") }),
  z.strictObject({ kind: z.literal("duplicate") }),
]);

const plan = z.strictObject({
  /** `codepipeline`, `sts`, …; `github`; `webhook`. Left out: any. */
  service: z.string().min(1).optional(),
  /**
   * `PutApprovalResult`; of GitHub `POST /repos/acme/orders/pulls` or `git-receive-pack acme/orders`; of an event its
   * detail type or name. Left out: any.
   */
  operation: z.string().min(1).optional(),
  /** Twelve digits. Left out: any; what belongs to no account (GitHub) matches only then. */
  account: z
    .string()
    .regex(/^\d{12}$/)
    .optional(),
  /** How many are let through first. */
  skip: z.number().int().min(0).default(0),
  /** How many are met after that. Left out: all, until the fault is removed. */
  times: z.number().int().min(1).optional(),
  effect,
});

/** A fault as it is asked for. */
export type FaultPlan = z.input<typeof plan>;
type Effect = z.output<typeof effect>;

/** A fault on record, with how many requests or events it has met. */
export type Fault = z.output<typeof plan> & { readonly id: string; readonly met: number };

/** What a fault is looked up by. */
interface FaultTarget {
  readonly service: string;
  readonly operation: string;
  readonly account?: string;
}

/** How a protocol says what a fault makes it say. */
export interface FaultWords {
  throttled(): Error;
  expired(): Error;
  refused(): Error;
  failed(status: number): Error;
}

/** The connection is to be closed without an answer. */
export class CutConnection extends Error {}

/**
 * Faults on demand: the one instrument by which tests of resilience make AWS and GitHub slow, refusing, failing or
 * forgetful. Kept in memory: a sandbox that starts again has none.
 */
export interface Faults {
  /** Raises `AwsError` `ValidationException` when the plan can't be one. The oldest fault that matches a request meets it. */
  add(planned: FaultPlan): Fault;
  list(): Fault[];
  /** False when there is no such fault. */
  remove(id: string): boolean;
  clear(): void;
  /** Runs a request under the faults that it meets. Raises `CutConnection`, or an error in `words`. */
  around<T>(target: FaultTarget, words: FaultWords, run: () => Promise<T>): Promise<T>;
  /** How often an event goes out: 1, or, by a fault, 0 or 2. */
  copiesOf(event: FaultTarget): 0 | 1 | 2;
}

export function createFaults(deps: {
  readonly id: () => string;
  /** Waits for real time: a slow network is slow whatever the sandbox's clock says. */
  readonly wait: (ms: number) => Promise<void>;
  readonly log: (event: string, fields: object) => void;
}): Faults {
  const faults = new Map<string, { fault: z.output<typeof plan>; seen: number; met: number }>();

  const matches = ({ service, operation, account }: z.output<typeof plan>, target: FaultTarget) =>
    (service === undefined || service === target.service) &&
    (operation === undefined || operation === target.operation) &&
    (account === undefined || account === target.account);

  /** Counts, too: whoever asks meets what is returned. */
  const meet = (target: FaultTarget, applies: (effect: Effect) => boolean): Effect[] => {
    const effects: Effect[] = [];
    for (const [id, state] of faults) {
      const { fault } = state;
      if (!applies(fault.effect) || !matches(fault, target)) continue;
      if (fault.times !== undefined && state.met >= fault.times) continue;
      state.seen += 1;
      if (state.seen <= fault.skip) continue;
      state.met += 1;
      effects.push(fault.effect);
      deps.log("fault.met", { id, ...target, effect: fault.effect });
    }
    return effects;
  };

  return {
    add(planned) {
      const parsed = plan.safeParse(planned);
      if (!parsed.success) throw new AwsError("ValidationException", z.prettifyError(parsed.error));
      const id = deps.id();
      faults.set(id, { fault: parsed.data, seen: 0, met: 0 });
      return { ...parsed.data, id, met: 0 };
    },
    list: () => [...faults].map(([id, { fault, met }]) => ({ ...fault, id, met })),
    remove: (id) => faults.delete(id),
    clear: () => faults.clear(),
    async around(target, words, run) {
      if (faults.size === 0) return run();
      const effects = meet(target, ({ kind }) => kind !== "lose" && kind !== "duplicate");
      for (const each of effects) if (each.kind === "latency") await deps.wait(each.ms);
      for (const each of effects) raise(each, words, "before");
      const answer = await run();
      for (const each of effects) raise(each, words, "after");
      return answer;
    },
    copiesOf(event) {
      if (faults.size === 0) return 1;
      const [first] = meet(event, ({ kind }) => kind === "lose" || kind === "duplicate");
      if (!first) return 1;
      return first.kind === "lose" ? 0 : 2;
    },
  };
}

function raise(effect: Effect, words: FaultWords, when: "before" | "after"): void {
  switch (effect.kind) {
    case "error":
      if (effect.at === when) throw words.failed(effect.status);
      return;
    case "cut":
      if (effect.at === when) throw new CutConnection("The connection is cut by a fault.");
      return;
    case "throttle":
      if (when === "before") throw words.throttled();
      return;
    case "expired-credentials":
      if (when === "before") throw words.expired();
      return;
    case "refuse":
      if (when === "before") throw words.refused();
      return;
    case "latency":
    case "lose":
    case "duplicate":
      return;
  }
}
