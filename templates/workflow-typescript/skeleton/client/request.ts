import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";

export interface ClientOptions {
  /** `https://….execute-api.….amazonaws.com`: the output `Endpoint` of the service's stack. */
  readonly baseUrl: string;
  /** Longest wait for one answer. */
  readonly timeoutMs?: number;
  /** How often it is asked again at most. */
  readonly retries?: number;
  /** Of each request: an authorization, a correlation id of the caller's own. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Request {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** `/hello/Zo%C3%AB`: what comes from elsewhere is encoded already. */
  readonly path: string;
  readonly body?: unknown;
}

/** The service answered that it can't or won't. `code` is for programs, `message` for people. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
  }
}

const TIMEOUT_MS = 5000;
const RETRIES = 3;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;
/** Too many requests, or nobody there for the moment: the next time may be another. */
const PASSING = new Set([429, 502, 503, 504]);

/**
 * Asks, and asks again when the answer may be another the next time. Pauses grow and are random, so that callers who failed
 * together don't come back together. A write carries one key for all of its tries: a service that knows the key does it once.
 * Raises `ApiError`, or the error of the network when the last try got no answer at all.
 */
export async function send(options: ClientOptions, { method, path, body }: Request): Promise<unknown> {
  const { baseUrl, timeoutMs = TIMEOUT_MS, retries = RETRIES } = options;
  const headers = {
    accept: "application/json",
    "x-correlation-id": randomUUID(),
    ...(body === undefined ? {} : { "content-type": "application/json" }),
    ...(method === "GET" ? {} : { "idempotency-key": randomUUID() }),
    ...options.headers,
  };
  const request = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  for (let attempt = 0; ; attempt++) {
    const isLast = attempt === retries;
    let retryAfter: string | null = null;
    try {
      const response = await fetch(`${baseUrl}${path}`, { ...request, signal: AbortSignal.timeout(timeoutMs) });
      if (response.ok) return await response.json();
      if (isLast || !PASSING.has(response.status)) throw await errorOf(response);
      retryAfter = response.headers.get("retry-after");
      await response.body?.cancel();
    } catch (error) {
      if (isLast || error instanceof ApiError) throw error;
    }
    await setTimeout(pauseMs(attempt, retryAfter));
  }
}

/** Between nothing and twice as long each time; never before the service itself wants to be asked again. */
function pauseMs(attempt: number, retryAfter: string | null): number {
  const wanted = Number(retryAfter ?? 0) * 1000;
  const random = Math.random() * FIRST_PAUSE_MS * 2 ** attempt;
  return Math.min(LONGEST_PAUSE_MS, (Number.isFinite(wanted) ? wanted : 0) + random);
}

async function errorOf(response: Response): Promise<ApiError> {
  const text = await response.text();
  try {
    const { error } = JSON.parse(text) as { error: { code: string; message: string } };
    return new ApiError(response.status, error.code, error.message);
  } catch {
    return new ApiError(response.status, "unknown", text || response.statusText);
  }
}
