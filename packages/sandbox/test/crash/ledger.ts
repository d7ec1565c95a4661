export interface Settings {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly maxAttempts: number;
}

/** What the sandbox acknowledged, to compare with what it has after a new start. */
export interface Ledger {
  /** By store and key: the last value whose write was acknowledged, and one that was sent and never answered. */
  readonly written: Map<string, { acknowledged?: string; unanswered?: string }>;
  /** Messages that were acknowledged and not yet read; and that a deletion of was acknowledged. */
  readonly messages: Set<string>;
  readonly deletedMessages: Set<string>;
  readonly logLines: Set<string>;
  /** Stacks whose creation, update or deletion was acknowledged. */
  readonly stacks: Map<string, "exists" | "deleted">;
  /** Executions of a pipeline whose start was acknowledged, and how far they are known to have come. */
  readonly executions: Map<string, "started" | "approved" | "ended">;
  readonly lost: string[];
  acknowledged: number;
  unanswered: number;
  checked: number;
}

export const newLedger = (): Ledger => ({
  written: new Map(),
  messages: new Set(),
  deletedMessages: new Set(),
  logLines: new Set(),
  stacks: new Map(),
  executions: new Map(),
  lost: [],
  acknowledged: 0,
  unanswered: 0,
  checked: 0,
});

/** Tells whether a request was answered; one that a kill cut off was not. Raises what the sandbox itself refused. */
export async function attempt(ledger: Ledger, work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    ledger.acknowledged++;
    return true;
  } catch (error) {
    const { $metadata: metadata } = error as { $metadata?: { httpStatusCode?: number } };
    if (metadata?.httpStatusCode !== undefined) throw error;
    ledger.unanswered++;
    return false;
  }
}
