import * as cloudformation from "@aws-sdk/client-cloudformation";
import * as cloudwatch from "@aws-sdk/client-cloudwatch";
import * as logs from "@aws-sdk/client-cloudwatch-logs";
import * as dynamodb from "@aws-sdk/client-dynamodb";
import * as dynamodbstreams from "@aws-sdk/client-dynamodb-streams";
import * as events from "@aws-sdk/client-eventbridge";
import * as iam from "@aws-sdk/client-iam";
import * as kms from "@aws-sdk/client-kms";
import * as lambda from "@aws-sdk/client-lambda";
import * as s3 from "@aws-sdk/client-s3";
import * as scheduler from "@aws-sdk/client-scheduler";
import * as secretsmanager from "@aws-sdk/client-secrets-manager";
import * as sfn from "@aws-sdk/client-sfn";
import * as sns from "@aws-sdk/client-sns";
import * as sqs from "@aws-sdk/client-sqs";
import * as ssm from "@aws-sdk/client-ssm";
import * as sts from "@aws-sdk/client-sts";
import type { InputOf, OperationName, OutputOf } from "../../src/core/service.ts";

const MODULES = {
  cloudformation,
  cloudwatch,
  dynamodb,
  dynamodbstreams,
  events,
  iam,
  kms,
  lambda,
  logs,
  s3,
  scheduler,
  secretsmanager,
  sfn,
  sns,
  sqs,
  ssm,
  sts,
};
type Modules = typeof MODULES;

/** A call on its way; which one it is stays known. */
export type Asked<Output> = Promise<Output> & { readonly service: string; readonly operation: string };

/** `sqs.CreateQueue({ QueueName: "a" })`: an operation of an SDK module as a function that sends its command. */
type Client<Sdk> = {
  readonly [Name in OperationName<Sdk>]: (input: InputOf<Sdk, Name>) => Asked<OutputOf<Sdk, Name>>;
};
export type Clients = { readonly [Service in keyof Modules]: Client<Modules[Service]> };

export interface Key {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

interface Settings {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: Key;
  /** SQS's older protocol, in which half of its recordings were made. */
  readonly isQuery?: boolean;
}

type SdkClient = { send(command: object): Promise<unknown>; destroy(): void; readonly config: object };
type ClientClass = new (options: object) => SdkClient;

/** Clients of every recorded service, and how to end them. */
export function clientsOf({ isQuery, ...settings }: Settings): Clients & { destroy(): void } {
  const options = { ...settings, maxAttempts: 1, forcePathStyle: true };
  const open = new Map<string, SdkClient>();
  const clientOf = (service: keyof Modules): SdkClient => {
    const known = open.get(service);
    if (known) return known;
    const module = MODULES[service] as unknown as Record<string, ClientClass>;
    const name = Object.keys(module).find((key) => /^[A-Z]\w*Client$/.test(key) && key !== "__Client") ?? "";
    const Class = module[name] as ClientClass;
    const made = new Class(service === "sqs" && isQuery ? { ...options, protocol: queryProtocol(options) } : options);
    open.set(service, made);
    return made;
  };
  const clients = Object.keys(MODULES).map((service) => {
    const module = MODULES[service as keyof Modules] as unknown as Record<string, new (input: object) => object>;
    const operations = new Proxy({} as Record<string, (input: object) => Asked<unknown>>, {
      get: (_, operation: string) => (input: object) => {
        const Command = module[`${operation}Command`];
        if (!Command) throw new Error(`${service} has no operation ${operation}.`);
        return Object.assign(clientOf(service as keyof Modules).send(new Command(input)), { service, operation });
      },
    });
    return [service, operations] as const;
  });
  const destroy = () => {
    for (const client of open.values()) client.destroy();
  };
  return { ...(Object.fromEntries(clients) as unknown as Clients), destroy };
}

/** AWS query with SQS's schemas: the SDK's client speaks JSON alone, but its schemas still have the names of the forms. */
function queryProtocol(options: object): object {
  const protocolOf = (client: SdkClient) =>
    client.config as unknown as {
      protocol: { constructor: new (settings: object) => object };
      protocolSettings: object;
    };
  const Query = protocolOf(new sts.STSClient(options)).protocol.constructor;
  const { protocolSettings } = protocolOf(new sqs.SQSClient(options));
  return new Query({
    ...protocolSettings,
    version: "2012-11-05",
    xmlNamespace: "http://queue.amazonaws.com/doc/2012-11-05/",
  });
}
