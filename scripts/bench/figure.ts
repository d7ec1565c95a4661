import { loadavg } from "node:os";

/** Prints one measured figure as a JSON line: its value, how many measurements it is the median of, and the load. */
export function print(figure: string, value: number, n: number, further: Record<string, unknown> = {}): void {
  const rounded = Math.abs(value) >= 100 ? Math.round(value) : Math.round(value * 100) / 100;
  console.log(
    JSON.stringify({ figure, value: rounded, n, load: Math.round((loadavg()[0] ?? 0) * 10) / 10, ...further }),
  );
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The value below or at which `percent` of the values are. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN;
}

/** Asks again and again until `look` returns something; raises after `timeoutMs`. For scripts only. */
export async function until<T>(
  what: string,
  timeoutMs: number,
  intervalMs: number,
  look: () => Promise<T | undefined>,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`Waited ${timeoutMs / 1000} s for ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
  }
}
