/** How one step of a run ended; `stopped` when the sandbox is being stopped. */
export type StepResult = "done" | "failed" | "stopped";

/**
 * Runs `work` for every id of `graph`, as many at once as their needs allow, and each after all that it needs. After a
 * failure (or a stop) nothing new begins; what had begun is waited for.
 */
export function runGraph(
  graph: ReadonlyMap<string, ReadonlySet<string>>,
  work: (id: string) => Promise<StepResult>,
): Promise<StepResult> {
  return new Promise((resolve, reject) => {
    const waiting = new Set(graph.keys());
    const done = new Set<string>();
    let running = 0;
    let worst: StepResult = "done";
    let fault: { error: unknown } | undefined;

    const isReady = (id: string) => [...(graph.get(id) ?? [])].every((need) => done.has(need) || !graph.has(need));
    const begin = (id: string) => {
      waiting.delete(id);
      running++;
      // In process, services may answer without ever waiting: a large stack would keep all requests out until it is done.
      new Promise((proceed) => setImmediate(proceed))
        .then(() => work(id))
        .then((result) => {
          if (result === "done") done.add(id);
          else if (worst !== "stopped") worst = result;
        })
        .catch((error: unknown) => {
          fault ??= { error };
        })
        .finally(() => {
          running--;
          next();
        });
    };
    const next = () => {
      if (worst === "done" && !fault) for (const id of [...waiting]) if (isReady(id)) begin(id);
      if (running > 0) return;
      if (fault) reject(fault.error);
      else resolve(worst);
    };
    next();
  });
}

/** The graph in which everything waits for what needed it: the order of deletion. */
export function reversed(graph: ReadonlyMap<string, ReadonlySet<string>>): Map<string, Set<string>> {
  const result = new Map<string, Set<string>>([...graph.keys()].map((id) => [id, new Set()]));
  for (const [id, needs] of graph) for (const need of needs) result.get(need)?.add(id);
  return result;
}
