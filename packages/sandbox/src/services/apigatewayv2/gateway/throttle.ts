import type { SandboxClock } from "../../../core/context.ts";
import type { StageRecord } from "../records.ts";

/** Of an account in a region: https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html */
const ACCOUNT_RATE = 10_000;
const ACCOUNT_BURST = 5_000;

export interface Throttle {
  /** False: too many requests. */
  admit(apiId: string, stage: StageRecord, routeKey: string): boolean;
}

/**
 * Token buckets by the settings of stage and route: `ThrottlingBurstLimit` tokens, of which `ThrottlingRateLimit` come
 * back each second of sandbox time. Where nothing is set the account's quota counts. A route's settings stand for it
 * alone; the stage's are shared by all others.
 */
export function createThrottle(clock: SandboxClock): Throttle {
  const buckets = new Map<string, { tokens: number; atMs: number }>();
  return {
    admit(apiId, stage, routeKey) {
      const own = stage.routeSettings[routeKey];
      const isOwn = own?.ThrottlingRateLimit !== undefined || own?.ThrottlingBurstLimit !== undefined;
      const settings = isOwn ? own : stage.defaultRouteSettings;
      const rate = settings?.ThrottlingRateLimit ?? ACCOUNT_RATE;
      const burst = settings?.ThrottlingBurstLimit ?? ACCOUNT_BURST;
      const key = `${apiId}/${stage.name}/${isOwn ? routeKey : ""}/${rate}/${burst}`;
      const nowMs = clock.now().getTime();
      const bucket = buckets.get(key) ?? { tokens: burst, atMs: nowMs };
      bucket.tokens = Math.min(burst, bucket.tokens + (Math.max(0, nowMs - bucket.atMs) / 1000) * rate);
      bucket.atMs = nowMs;
      buckets.set(key, bucket);
      if (bucket.tokens < 1) return false;
      bucket.tokens -= 1;
      return true;
    },
  };
}
