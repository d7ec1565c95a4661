import type { NormalizedSchema } from "@smithy/core/schema";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AwsError } from "../src/core/errors.ts";
import { type HttpPort, listenHttp } from "../src/core/listen.ts";
import type { ServiceDefinition } from "../src/core/service.ts";
import { loadModel, type OperationModel, requiredMembers, type ServiceModel } from "../src/core/wire/model.ts";
import { createWireHandler } from "../src/core/wire/server.ts";
import { services } from "../src/registry.ts";
import { differences, sampleValues } from "./sample-values.ts";

/*
 * Each operation of each registered service, implemented or not: a random typed input from the real SDK client over HTTP
 * to a handler, and a random typed output back; and each modelled error. Signatures are verified on the way.
 */

type Fields = Record<string, unknown>;
interface Client {
  send(command: object): Promise<Fields>;
  destroy(): void;
}

const SECRET = "round-trip";
const seen: { operation?: string; input?: unknown } = {};
let answer: Fields | AwsError = {};

/** A definition whose every operation notes what it got and answers what the test wants. */
function recording(definition: ServiceDefinition): ServiceModel {
  const model = loadModel(definition);
  const record = (operation: string) => (_context: unknown, input: unknown) => {
    Object.assign(seen, { operation, input });
    if (answer instanceof AwsError) throw answer;
    return answer;
  };
  const operations = Object.fromEntries([...model.operations.keys()].map((name) => [name, record(name)]));
  return { ...model, definition: { ...definition, operations } };
}

const models = services.map(recording);
let port: HttpPort;

beforeAll(async () => {
  port = await listenHttp(0, { loopbackOriginsOnly: true });
  const caller = { account: "111111111111", arn: "arn:aws:iam::111111111111:user/sandbox", accessKeyId: "AKIATEST" };
  const random = { uuid: () => crypto.randomUUID(), hex: () => "", token: () => "" };
  port.serve(
    createWireHandler({
      models,
      runtimes: { context: () => ({ random }) as never },
      credentials: { lookUp: () => ({ kind: "known", caller, secretAccessKey: SECRET }) },
      shared: {
        clock: { now: () => new Date(), sleep: async () => undefined },
        random,
        log: () => undefined,
        defaultRegion: "eu-west-1",
      },
    }),
  );
});
afterAll(() => port.close());

function clientOf(model: ServiceModel): Client {
  const Class = model.definition.sdk[model.definition.client] as new (options: object) => Client;
  return new Class({
    endpoint: port.url,
    region: "eu-west-1",
    maxAttempts: 1,
    disableHostPrefix: true,
    // SQS's client compares its own digest with the answer's, which is random here.
    md5: false,
    credentials: { accessKeyId: "AKIATEST", secretAccessKey: SECRET },
  });
}

function commandOf(model: ServiceModel, operation: string, input: unknown): object {
  const Command = model.definition.sdk[`${operation}Command`] as new (input: unknown) => object;
  return new Command(input);
}

const members = (schema: NormalizedSchema) => (schema.isStructSchema() ? [...schema.structIterator()] : []);

/** Event streams are a protocol of their own; nothing here speaks it. */
const streamsEvents = ({ input, output }: OperationModel) =>
  [input, output].some((schema) =>
    members(schema).some(([, member]) => member.isStreaming() && member.isStructSchema()),
  );

const LEFT_OUT = new Set([
  // Directory buckets and object lambdas: hosts of their own, which the client insists on.
  ...["CreateSession", "ListDirectoryBuckets", "WriteGetObjectResponse"],
  // Unsigned by their nature; the sandbox has neither.
  ...["AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"],
]);

/** CloudWatch gives two errors one code in the query protocol, so its client can't tell them apart; on AWS neither. */
const TWINS = new Set(["DashboardNotFoundError"]);

/** Members that the SDK's client computes, checks or routes by, so that no random value can stand there. */
function tame(model: ServiceModel, input: Fields): Fields {
  const tamed = { ...input };
  if (model.name === "s3") {
    if (tamed.Bucket !== undefined) tamed.Bucket = "my-bucket";
    if (tamed.Key !== undefined) tamed.Key = "unié/a b+c.txt";
    for (const key of Object.keys(tamed)) {
      if (/^Checksum|ContentLength|ContentMD5|MFA|RequestPayer|SSECustomerKey$/.test(key)) delete tamed[key];
    }
  }
  if (model.name === "eventbridge") delete tamed.EndpointId;
  if (model.name === "sqs" && tamed.QueueUrl) tamed.QueueUrl = `${port.url}/111111111111/queue`;
  return tamed;
}

function tameOutput(model: ServiceModel, operation: OperationModel, output: Fields): Fields {
  const tamed = { ...output };
  for (const [name, member] of members(operation.output)) {
    if (member.getMergedTraits().httpResponseCode !== undefined) tamed[name] = 200;
    // The SDK checks a checksum against the body, and a range changes the status.
    if (model.name === "s3" && /^Checksum|^ContentRange$|^ExpiresString$/.test(name)) delete tamed[name];
    // Of a HEAD answer: HTTP's own header, which must fit the (absent) body.
    if (name === "ContentLength") delete tamed[name];
  }
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

describe.each(models.map((model) => [model.serviceId, model] as const))("%s", (_, model) => {
  const operations = [...model.operations.values()].filter((o) => !streamsEvents(o) && !LEFT_OUT.has(o.name));

  test("carries every operation's input and output unchanged", async () => {
    const client = clientOf(model);
    const sample = sampleValues(7);
    const problems: string[] = [];
    for (const operation of operations) {
      const input = tame(model, (sample(operation.input) ?? {}) as Fields);
      const output = tameOutput(model, operation, (sample(operation.output) ?? {}) as Fields);
      answer = output;
      Object.assign(seen, { operation: undefined, input: undefined });
      try {
        const got = await drained(await client.send(commandOf(model, operation.name, structuredClone(input))));
        problems.push(...differences(output, got).map((text) => `${operation.name} out ${text}`));
      } catch (error) {
        problems.push(`${operation.name} threw ${String(error)}`);
      }
      if (seen.operation !== operation.name) problems.push(`${operation.name} reached ${seen.operation}`);
      else problems.push(...differences(input, seen.input).map((text) => `${operation.name} in ${text}`));
    }
    client.destroy();
    expect(problems).toEqual([]);
  });

  test("carries every modelled error as the SDK's own class", async () => {
    const client = clientOf(model);
    const sample = sampleValues(11);
    const easy = operations.find((operation) => requiredMembers(operation.input).length === 0) ?? operations[0];
    if (!easy) throw new Error("no operation");
    const problems: string[] = [];
    for (const [name, schema] of model.errors) {
      if (schema.getName(true)?.startsWith("smithy.ts") || TWINS.has(name)) continue;
      const fields = (sample(schema) ?? {}) as Fields;
      for (const key of Object.keys(fields)) if (/^(message|code|type)$/i.test(key)) delete fields[key];
      answer = new AwsError(name, "boom <1>", { members: fields });
      const thrown: unknown = await client
        .send(commandOf(model, easy.name, tame(model, (sample(easy.input) ?? {}) as Fields)))
        .then(
          () => undefined,
          (error: unknown) => error,
        );
      const Class = model.definition.sdk[name] as (new () => object) | undefined;
      if (!Class || !(thrown instanceof Class)) problems.push(`${name} arrived as ${String(thrown)}`);
      else if ((thrown as Error).message !== "boom <1>") problems.push(`${name} says ${(thrown as Error).message}`);
      else problems.push(...differences(fields, thrown).map((text) => `${name} ${text}`));
    }
    client.destroy();
    expect(problems).toEqual([]);
  });
});
