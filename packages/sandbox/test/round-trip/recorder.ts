import { createClock } from "../../src/core/clock.ts";
import { AwsError } from "../../src/core/errors.ts";
import { listenHttp } from "../../src/core/listen.ts";
import { systemRandom } from "../../src/core/random.ts";
import type { ServiceDefinition } from "../../src/core/service.ts";
import { loadModel, type OperationModel, type ServiceModel } from "../../src/core/wire/model.ts";
import { createWireHandler, type WireDeps } from "../../src/core/wire/server.ts";
import { services } from "../../src/registry.ts";

/** What every round trip signs with, and what the recorder verifies against. */
export const ROUND_TRIP_KEY = { accessKeyId: "AKIAROUNDTRIP", secretAccessKey: "round-trip" };
export const ROUND_TRIP_REGION = "eu-west-1";

export type Fields = Record<string, unknown>;

/** The sandbox's wire with operations that do nothing but note what arrived and answer what they are told. */
export interface Recorder {
  readonly url: string;
  readonly models: readonly ServiceModel[];
  /** What the next calls answer, until told otherwise. Forgets what was seen. */
  answer(value: Fields | AwsError): void;
  readonly seen: { readonly operation?: string; readonly input?: unknown };
  close(): Promise<void>;
}

/** Starts a recorder on a free loopback port; every operation of every service is there, implemented or not. */
export async function startRecorder(
  definitions: readonly ServiceDefinition[] = services,
  options: Pick<WireDeps, "patience"> = {},
): Promise<Recorder> {
  let seen: Recorder["seen"] = {};
  let next: Fields | AwsError = {};
  const models = definitions.map((definition) => {
    const model = loadModel(definition);
    const record = (operation: string) => (_context: unknown, input: unknown) => {
      seen = { operation, input };
      if (next instanceof AwsError) throw next;
      return next;
    };
    const operations = Object.fromEntries([...model.operations.keys()].map((name) => [name, record(name)]));
    return { ...model, definition: { ...definition, operations } };
  });
  const caller = { account: "111111111111", arn: "arn:aws:iam::111111111111:user/sandbox", ...ROUND_TRIP_KEY };
  const clock = createClock();
  const port = await listenHttp(0, { loopbackOriginsOnly: true });
  port.serve(
    createWireHandler({
      ...options,
      hasConstraints: false,
      models,
      runtimes: { context: () => ({ random: systemRandom }) as never },
      credentials: { lookUp: () => ({ kind: "known", caller, secretAccessKey: ROUND_TRIP_KEY.secretAccessKey }) },
      faults: { around: (_target, _words, run) => run() },
      shared: {
        clock,
        random: systemRandom,
        log: () => undefined,
        defaultRegion: ROUND_TRIP_REGION,
      },
    }),
  );
  return {
    url: port.url,
    models,
    answer(value) {
      next = value;
      seen = {};
    },
    get seen() {
      return seen;
    },
    close: () => port.close(),
  };
}

/** A structure's members by name; of what isn't a structure, none. */
const membersOf = (schema: OperationModel["input"]) => (schema.isStructSchema() ? [...schema.structIterator()] : []);

/** Event streams are a protocol of their own, which nothing here speaks. */
export const streamsEvents = ({ input, output }: OperationModel): boolean =>
  [input, output].some((schema) =>
    membersOf(schema).some(([, member]) => member.isStreaming() && member.isStructSchema()),
  );

/** An output without the members that a client computes, checks or takes from HTTP itself. */
export function tameOutput(model: ServiceModel, operation: OperationModel, output: Fields): Fields {
  const tamed = { ...output };
  for (const [name, member] of membersOf(operation.output)) {
    if (member.getMergedTraits().httpResponseCode !== undefined) tamed[name] = 200;
    // The SDK checks a checksum against the body, and a range changes the status.
    if (model.name === "s3" && /^Checksum|^ContentRange$|^ExpiresString$/.test(name)) delete tamed[name];
    // Of a HEAD answer: HTTP's own header, which must fit the (absent) body.
    if (name === "ContentLength") delete tamed[name];
    // Text to the SDK, a number to botocore.
    if (name === "PartNumberMarker" || name === "NextPartNumberMarker") tamed[name] = "7";
  }
  return tamed;
}
