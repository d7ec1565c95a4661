import type { ServiceRuntime } from "../../../core/context.ts";
import { AwsError } from "../../../core/errors.ts";
import { hostOf } from "../host/host.ts";
import { drawFrom, functionArn, functions, resolveQualifier } from "../records.ts";
import type { MappingRecord } from "./records.ts";

export interface Place {
  readonly account: string;
  readonly region: string;
}

export type CallResult =
  | { readonly kind: "done"; readonly payload: string; readonly requestId: string; readonly version: string }
  | { readonly kind: "failed"; readonly payload: string; readonly requestId: string; readonly version: string }
  /** Not run: no concurrency left, or no such function. It may be tried again later. */
  | { readonly kind: "refused"; readonly reason: string };

/** The role that the mapped function runs as, and its poller acts as; undefined when the function is gone. */
export function roleOf(runtime: ServiceRuntime, place: Place, mapping: MappingRecord): string | undefined {
  return functions(runtime.storeOf(place.account, place.region)).get(mapping.functionName)?.latest.role;
}

/** Runs the mapped function on a batch. */
export async function callFunction(
  runtime: ServiceRuntime,
  place: Place,
  mapping: MappingRecord,
  records: readonly object[],
): Promise<CallResult> {
  const context = runtime.contextFor(place.account, place.region);
  const record = functions(context).get(mapping.functionName);
  if (!record) return { kind: "refused", reason: "The function is gone." };
  const requestId = runtime.random.uuid();
  try {
    const { config, alias } = resolveQualifier(context, record, mapping.qualifier, drawFrom(runtime));
    const { payload, failed } = await hostOf(runtime).invoke({
      ...place,
      config,
      alias,
      invokedArn: functionArn(place, mapping.functionName, mapping.qualifier),
      requestId,
      payload: Buffer.from(JSON.stringify({ Records: records })),
      traceHeader: undefined,
      clientContext: undefined,
      reservedConcurrency: record.reservedConcurrency,
    });
    const answer = { payload: Buffer.from(payload).toString(), requestId, version: config.version };
    return { kind: failed ? "failed" : "done", ...answer };
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return { kind: "refused", reason: error.message };
  }
}

/**
 * Identifiers of the records that a function reported as failed; `all` where its answer can't be understood, as AWS
 * takes that. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export function reportedFailures(payload: string, known: readonly string[]): readonly string[] | "all" {
  let answer: unknown;
  try {
    answer = payload === "" ? null : JSON.parse(payload);
  } catch {
    return "all";
  }
  if (answer === null || answer === "") return [];
  if (typeof answer !== "object") return "all";
  const { batchItemFailures: failures } = answer as { batchItemFailures?: unknown };
  if (failures === undefined || failures === null) return [];
  if (!Array.isArray(failures)) return "all";
  const ids = failures.map((one: unknown) => (one as { itemIdentifier?: unknown } | null)?.itemIdentifier);
  return ids.every((id): id is string => typeof id === "string" && known.includes(id)) ? ids : "all";
}
