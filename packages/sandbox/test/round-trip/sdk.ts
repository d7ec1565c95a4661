import { AwsError } from "../../src/core/errors.ts";
import { type OperationModel, requiredMembers, type ServiceModel } from "../../src/core/wire/model.ts";
import {
  type Fields,
  type Recorder,
  ROUND_TRIP_KEY,
  ROUND_TRIP_REGION,
  streamsEvents,
  tameOutput,
} from "./recorder.ts";
import { differences, sampleValues } from "./sample-values.ts";

/** How one operation (or one modelled error) fared between a client and the wire layer. */
export interface RoundTrip {
  readonly service: string;
  readonly operation: string;
  readonly problems: readonly string[];
  /** Set where it can't be tried, and why. */
  readonly leftOut?: string;
}

interface Client {
  send(command: object): Promise<Fields>;
  destroy(): void;
}

/** Operations that no round trip over one loopback address can have, and why. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  "s3 CreateSession": "directory buckets have hosts of their own, which the client insists on",
  "s3 ListDirectoryBuckets": "directory buckets have hosts of their own, which the client insists on",
  "s3 WriteGetObjectResponse": "object lambdas have hosts of their own, which the client insists on",
  "sts AssumeRoleWithSAML": "unsigned by its nature; the sandbox knows no SAML provider",
  "sts AssumeRoleWithWebIdentity": "unsigned by its nature; the sandbox knows no web identity provider",
};

/** CloudWatch gives two errors one code in the query protocol, so its client can't tell them apart; on AWS neither. */
const TWINS = new Set(["DashboardNotFoundError"]);

export function leftOut(model: ServiceModel, operation: OperationModel): string | undefined {
  return streamsEvents(operation)
    ? "event streams are a protocol of their own, which nothing here speaks"
    : LEFT_OUT[`${model.name} ${operation.name}`];
}

function clientOf(model: ServiceModel, endpoint: string): Client {
  const Class = model.definition.sdk[model.definition.client] as new (options: object) => Client;
  return new Class({
    endpoint,
    region: ROUND_TRIP_REGION,
    maxAttempts: 1,
    disableHostPrefix: true,
    // SQS's client compares its own digest with the answer's, which is random here.
    md5: false,
    credentials: ROUND_TRIP_KEY,
  });
}

function commandOf(model: ServiceModel, operation: string, input: unknown): object {
  const Command = model.definition.sdk[`${operation}Command`] as new (input: unknown) => object;
  return new Command(input);
}

/** Members that the SDK's client computes, checks or routes by, so that no random value can stand there. */
function tameInput(model: ServiceModel, input: Fields, url: string): Fields {
  const tamed = { ...input };
  if (model.name === "s3") {
    if (tamed.Bucket !== undefined) tamed.Bucket = "my-bucket";
    if (tamed.Key !== undefined) tamed.Key = "unié/a b+c.txt";
    for (const key of Object.keys(tamed)) {
      if (/^Checksum|ContentLength|ContentMD5|MFA|RequestPayer|SSECustomerKey$/.test(key)) delete tamed[key];
    }
  }
  if (model.name === "eventbridge") delete tamed.EndpointId;
  if (model.name === "sqs" && tamed.QueueUrl) tamed.QueueUrl = `${url}/111111111111/queue`;
  return tamed;
}

/** An output with its body's bytes in the place of the stream. */
async function drained(output: Fields): Promise<Fields> {
  for (const [name, value] of Object.entries(output)) {
    const { transformToByteArray } = (value ?? {}) as { transformToByteArray?: () => Promise<Uint8Array> };
    if (transformToByteArray) output[name] = await transformToByteArray.call(value);
  }
  return output;
}

/** Each operation of a service with a random typed input to the wire and a random typed output back. */
export async function sdkOperations(recorder: Recorder, model: ServiceModel): Promise<RoundTrip[]> {
  const client = clientOf(model, recorder.url);
  const sample = sampleValues(7);
  const trips: RoundTrip[] = [];
  for (const operation of model.operations.values()) {
    const trip = { service: model.serviceId, operation: operation.name };
    const reason = leftOut(model, operation);
    if (reason) {
      trips.push({ ...trip, problems: [], leftOut: reason });
      continue;
    }
    const problems: string[] = [];
    const input = tameInput(model, (sample(operation.input) ?? {}) as Fields, recorder.url);
    const output = tameOutput(model, operation, (sample(operation.output) ?? {}) as Fields);
    recorder.answer(output);
    try {
      const got = await drained(await client.send(commandOf(model, operation.name, structuredClone(input))));
      problems.push(...differences(output, got).map((text) => `out ${text}`));
    } catch (error) {
      problems.push(`threw ${String(error)}`);
    }
    if (recorder.seen.operation !== operation.name) problems.push(`reached ${recorder.seen.operation}`);
    else problems.push(...differences(input, recorder.seen.input).map((text) => `in ${text}`));
    trips.push({ ...trip, problems });
  }
  client.destroy();
  return trips;
}

/** Each modelled error of a service, thrown behind the wire: it arrives as the SDK's own class with its members. */
export async function sdkErrors(recorder: Recorder, model: ServiceModel): Promise<RoundTrip[]> {
  const client = clientOf(model, recorder.url);
  const sample = sampleValues(11);
  const operations = [...model.operations.values()].filter((operation) => !leftOut(model, operation));
  const easy = operations.find((operation) => requiredMembers(operation.input).length === 0) ?? operations[0];
  if (!easy) throw new Error(`${model.serviceId} has no operation.`);
  const trips: RoundTrip[] = [];
  for (const [name, schema] of model.errors) {
    if (schema.getName(true)?.startsWith("smithy.ts") || TWINS.has(name)) continue;
    const problems: string[] = [];
    const fields = (sample(schema) ?? {}) as Fields;
    for (const key of Object.keys(fields)) if (/^(message|code|type)$/i.test(key)) delete fields[key];
    recorder.answer(new AwsError(name, "boom <1>", { members: fields }));
    const command = commandOf(model, easy.name, tameInput(model, (sample(easy.input) ?? {}) as Fields, recorder.url));
    const thrown: unknown = await client.send(command).then(
      () => undefined,
      (error: unknown) => error,
    );
    const Class = model.definition.sdk[name] as (new () => object) | undefined;
    if (!Class || !(thrown instanceof Class)) problems.push(`arrived as ${String(thrown)}`);
    else if ((thrown as Error).message !== "boom <1>") problems.push(`says ${(thrown as Error).message}`);
    else problems.push(...differences(fields, thrown));
    trips.push({ service: model.serviceId, operation: name, problems });
  }
  client.destroy();
  return trips;
}

export const problemsOf = (trips: readonly RoundTrip[]): string[] =>
  trips.flatMap((trip) => trip.problems.map((problem) => `${trip.service} ${trip.operation} ${problem}`));
