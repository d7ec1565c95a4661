import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { NormalizedSchema } from "@smithy/core/schema";
import { AwsError } from "../../src/core/errors.ts";
import type { OperationModel, ServiceModel } from "../../src/core/wire/model.ts";
import { type Fields, type Recorder, ROUND_TRIP_KEY, ROUND_TRIP_REGION, tameOutput } from "./recorder.ts";
import { differences, sampleValues } from "./sample-values.ts";
import { leftOut, type RoundTrip } from "./sdk.ts";

/** One operation or error, through one of the clients and protocols in which botocore knows the service. */
/** Operations whose input or output botocore writes anew before anybody sees it, and how. */
const REWRITTEN: Readonly<Record<string, string>> = {
  "ec2 CopySnapshot": "botocore presigns the copy itself and fills in its own region",
  "ec2 GetConsoleOutput": "botocore decodes the output from base64",
};

interface BotocoreTrip extends RoundTrip {
  /** `sqs query` */
  readonly through: string;
  readonly error: boolean;
}

interface BotocoreRun {
  readonly version: string;
  readonly trips: readonly BotocoreTrip[];
  /** Operations of botocore's that the pinned SDK client doesn't have: newer, or gone. */
  readonly unknown: readonly string[];
}

/** How botocore calls a service, where that isn't its id in small letters. One service may have two clients. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  "Application Auto Scaling": ["application-autoscaling"],
  "CloudWatch Logs": ["logs"],
  "CodeStar connections": ["codestar-connections", "codeconnections"],
  EventBridge: ["events"],
  SFN: ["stepfunctions"],
};

const SCRIPT = join(import.meta.dirname, "botocore_round_trip.py");

/** The Python that has botocore, or undefined where none has. */
export function pythonWithBotocore(): string | undefined {
  return ["python3", "python"].find(
    (python) => spawnSync(python, ["-c", "import botocore"], { stdio: "ignore", timeout: 30_000 }).status === 0,
  );
}

type Line =
  | { ask: { serviceId: string; operation: string; input?: unknown; error?: string } }
  | { outcome: { problems: string[] } }
  | { client: { name: string; protocol: string } }
  | { absent: { serviceId: string; name: string } }
  | { end: string };

/**
 * Lets botocore call every operation of the recorder's services, in every protocol that it has for them, and have every
 * modelled error raised. Raises when Python ends before its work does.
 */
export async function botocoreRoundTrips(recorder: Recorder, python: string): Promise<BotocoreRun> {
  const environment = { ...process.env, AWS_EC2_METADATA_DISABLED: "true", AWS_CONFIG_FILE: "/dev/null" };
  const child = spawn(python, [SCRIPT], { stdio: ["pipe", "pipe", "inherit"], env: environment });
  const say = (value: unknown) => child.stdin.write(`${JSON.stringify(value)}\n`);
  const services = recorder.models.flatMap(({ serviceId }) =>
    (NAMES[serviceId] ?? [serviceId.toLowerCase().replaceAll(" ", "")]).map((name) => ({ serviceId, name })),
  );
  say({ url: recorder.url, region: ROUND_TRIP_REGION, ...ROUND_TRIP_KEY, services });

  const sample = sampleValues(5);
  const trips: BotocoreTrip[] = [];
  const unknown: string[] = [];
  let through = "";
  let version: string | undefined;
  let current:
    | { model: ServiceModel; operation: OperationModel; input: unknown; error: string | undefined }
    | undefined;

  /** Tells Python what will be answered; false where the SDK's model has no such operation or error. */
  const prepare = (ask: Extract<Line, { ask: object }>["ask"]): boolean => {
    const model = recorder.models.find((candidate) => candidate.serviceId === ask.serviceId);
    const operation = model?.operations.get(ask.operation);
    current = undefined;
    if (!model || !operation || (ask.error && !model.errors.has(ask.error))) {
      unknown.push(`${ask.serviceId} ${ask.error ?? ask.operation}`);
      say({ known: false });
      return false;
    }
    const reason = ask.error ? undefined : (leftOut(model, operation) ?? REWRITTEN[`${model.name} ${operation.name}`]);
    if (reason) {
      const trip = { service: model.serviceId, operation: operation.name, through, error: false };
      trips.push({ ...trip, problems: [], leftOut: reason });
      say({ known: false });
      return false;
    }
    const output = tameOutput(model, operation, (sample(operation.output) ?? {}) as Fields);
    recorder.answer(ask.error ? new AwsError(ask.error, "boom <1>") : output);
    current = { model, operation, input: ask.input, error: ask.error };
    say({ known: true, output: packed(output) });
    return true;
  };

  const conclude = (problems: string[]) => {
    if (!current) throw new Error("Python tells of a call that wasn't asked for.");
    const { model, operation, error } = current;
    const all = [...problems];
    if (recorder.seen.operation !== operation.name) all.push(`reached ${recorder.seen.operation}`);
    else if (!error) {
      const sent = knownPart(operation.input, unpacked(current.input));
      all.push(...differences(sent, recorder.seen.input).map((text) => `in ${text}`));
    }
    const name = error ?? operation.name;
    trips.push({ service: model.serviceId, operation: name, through, error: error !== undefined, problems: all });
  };

  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  for await (const text of createInterface(child.stdout)) {
    const line = JSON.parse(text) as Line;
    if ("ask" in line) prepare(line.ask);
    else if ("outcome" in line) conclude(line.outcome.problems);
    else if ("client" in line) through = `${line.client.name} ${line.client.protocol}`;
    else if ("absent" in line) unknown.push(`${line.absent.serviceId} (this botocore has no "${line.absent.name}")`);
    else version = line.end;
  }
  await ended;
  if (version === undefined) throw new Error(`botocore's round trips ended early, within ${through}.`);
  return { version, trips, unknown };
}

/** As it travels: dates and bytes told apart from text. */
function packed(value: unknown): unknown {
  if (value instanceof Date) return { $date: value.getTime() };
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString("hex") };
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(packed);
  if (value === null || typeof value !== "object" || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, packed(item)]));
}

function unpacked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unpacked);
  if (value === null || typeof value !== "object") return value;
  const { $date, $bytes } = value as { $date?: number; $bytes?: string };
  if ($date !== undefined) return new Date($date);
  if ($bytes !== undefined) return new Uint8Array(Buffer.from($bytes, "hex"));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unpacked(item)]));
}

/** The part of an input that the pinned SDK client's model has a place for (botocore may be newer), as its types have it. */
function knownPart(schema: NormalizedSchema, value: unknown): unknown {
  if (value === null || value === undefined) return undefined;
  if (schema.isStructSchema()) {
    const fields: Fields = {};
    for (const [name, member] of schema.structIterator()) fields[name] = knownPart(member, (value as Fields)[name]);
    return fields;
  }
  if (schema.isListSchema()) return (value as unknown[]).map((item) => knownPart(schema.getValueSchema(), item));
  // Markers of S3 are numbers to botocore and text to the SDK.
  if (schema.isStringSchema() && typeof value === "number") return String(value);
  if (!schema.isMapSchema()) return value;
  const member = schema.getValueSchema();
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, knownPart(member, item)]));
}
