import type { NormalizedSchema } from "@smithy/core/schema";
import { needsOf } from "./authorization/needs.ts";
import type { Context } from "./context.ts";
import { AwsError } from "./errors.ts";
import { type OperationModel, requiredMembers, type ServiceModel } from "./wire/model.ts";

/**
 * Runs one operation: refuses what isn't there (501, by name) and an input without its required members, and completes
 * the input as an SDK client does before sending (idempotency tokens, text given for a blob), so that a call in process
 * and a call over the wire look the same to the operation.
 */
export async function invoke(
  model: ServiceModel,
  operation: OperationModel,
  context: Context,
  given: object,
): Promise<object> {
  const run = model.definition.operations[operation.name];
  if (!run) throw notImplemented(model, operation.name);
  const input = completeInput(operation.input, given, context);
  const missing = requiredMembers(operation.input).filter((name) => input[name] === undefined);
  if (missing.length > 0) {
    const code = model.protocol === "query" ? "ValidationError" : "ValidationException";
    throw new AwsError(code, `${operation.name}: missing required ${missing.join(", ")}`);
  }
  const { caller, identities } = context;
  if (identities && caller.service === undefined && (caller.roleArn ?? caller.user) !== undefined) {
    for (const need of needsOf(model, operation, input, context, identities)) {
      const isOwn = need.resource?.split(":")[4] === caller.account && !need.action.startsWith("iam:");
      const policy = isOwn ? model.definition.policyOf?.(context.runtime, need.resource ?? "") : undefined;
      context.authorize(policy === undefined ? need : { ...need, policy });
    }
  }
  return ((await run(context, input as never)) ?? {}) as object;
}

export function notImplemented(model: ServiceModel, operation: string): AwsError {
  const message = `sandbox: ${model.serviceId} ${operation} is not implemented`;
  return new AwsError("NotImplemented", message, { status: 501 });
}

function completeInput(schema: NormalizedSchema, given: object, context: Context): Record<string, unknown> {
  const input = { ...given } as Record<string, unknown>;
  if (!schema.isStructSchema()) return input;
  for (const [name, member] of schema.structIterator()) {
    const value = input[name];
    if (value === undefined && member.getMergedTraits().idempotencyToken) input[name] = context.random.uuid();
    else if (typeof value === "string" && member.isBlobSchema()) input[name] = Buffer.from(value);
  }
  return input;
}

/**
 * Makes an answer given in process look like the SDK's: a body is bytes, and has the methods by which a client's caller
 * reads its stream.
 */
export function withStreams(schema: NormalizedSchema, output: object): object {
  if (!schema.isStructSchema()) return output;
  for (const [name, member] of schema.structIterator()) {
    const body: unknown = (output as Record<string, unknown>)[name];
    if (!member.isStreaming() || !(body instanceof Uint8Array)) continue;
    const readers = {
      transformToByteArray: async () => body,
      transformToString: async (encoding: BufferEncoding = "utf8") => Buffer.from(body).toString(encoding),
    };
    return { ...output, [name]: Object.assign(Buffer.from(body.buffer, body.byteOffset, body.length), readers) };
  }
  return output;
}
