import { isObject, type Json, type JsonObject, type Template } from "@turnpike/cloudformation";
import { HOURS_A_MONTH, prices } from "./prices.ts";

/** What was measured of a service's functions; nothing of it is guessed. */
export interface Measured {
  /** Median duration of a warm invocation, in milliseconds. */
  readonly durationMs: number;
  /** Written to the log for each invocation. */
  readonly logBytes: number;
}

/** One thing that costs, in US dollars by list price. */
export interface CostLine {
  readonly what: string;
  /** A month, without any request. */
  readonly idle: number;
  /** A million requests, in a month. */
  readonly million: number;
}

export interface CostEstimate {
  readonly idleUsdMonth: number;
  readonly millionUsd: number;
  readonly lines: readonly CostLine[];
}

interface Resource {
  readonly id: string;
  readonly type: string;
  readonly properties: JsonObject;
}

const MILLION = 1e6;
const GB = 1024 ** 3;

const numberOf = (value: Json | undefined, otherwise: number): number => {
  const number = typeof value === "string" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : otherwise;
};
const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);

/** Functions that take part in a request: not those that try a new version out. */
const isHook = ({ properties }: Resource) => JSON.stringify(properties.FunctionName ?? "").includes("CodeDeployHook_");

/**
 * What a template costs by list price: idle, and with a million requests a month. Every request goes through each of its
 * functions, queues and tables once, is traced (below one a second X-Ray records all), and writes two items where there is
 * a table. Storage and traffic to the internet are left out: they depend on what is stored and sent.
 *
 * @param template expanded, with the values that production has
 */
export function estimateCost(template: Template, measured: Measured): CostEstimate {
  const resources = [...template.resources].map(([id, { type, properties }]) => ({ id, type, properties }));
  const lines = [
    ...functionLines(resources, measured),
    ...entryLines(resources),
    ...alarmLines(resources),
    ...tableLines(resources),
    ...machineLines(resources),
    ...standingLines(resources),
  ].filter(({ idle, million }) => idle > 0 || million > 0);
  return {
    idleUsdMonth: lines.reduce((sum, { idle }) => sum + idle, 0),
    millionUsd: lines.reduce((sum, { idle, million }) => sum + idle + million, 0),
    lines,
  };
}

const ofType = (resources: readonly Resource[], ...types: string[]) =>
  resources.filter(({ type }) => types.includes(type));

const isArm = ({ properties }: Resource) => listOf(properties.Architectures).includes("arm64");
const memoryGb = ({ properties }: Resource) => numberOf(properties.MemorySize, 128) / 1024;

function functionLines(resources: readonly Resource[], { durationMs, logBytes }: Measured): CostLine[] {
  const functions = ofType(resources, "AWS::Lambda::Function").filter((each) => !isHook(each));
  const seconds = durationMs / 1000;
  const perInvocation = functions.reduce((sum, each) => {
    const gbSecond = isArm(each) ? prices.lambdaGbSecondArm : prices.lambdaGbSecondX86;
    return sum + prices.lambdaRequest + seconds * memoryGb(each) * gbSecond;
  }, 0);
  const isTraced = functions.some(({ properties }) => {
    const tracing = properties.TracingConfig;
    return isObject(tracing) && tracing.Mode === "Active";
  });
  const provisioned = ofType(resources, "AWS::Lambda::Alias").reduce((sum, { properties }) => {
    const config = properties.ProvisionedConcurrencyConfig;
    const count = isObject(config) ? numberOf(config.ProvisionedConcurrentExecutions, 0) : 0;
    const [owner] = functions;
    if (!owner) return sum;
    const gbSecond = isArm(owner) ? prices.provisionedGbSecondArm : prices.provisionedGbSecondX86;
    return sum + count * memoryGb(owner) * gbSecond * HOURS_A_MONTH * 3600;
  }, 0);
  return [
    { what: "Lambda", idle: 0, million: perInvocation * MILLION },
    { what: "Provisioned concurrency", idle: provisioned, million: 0 },
    { what: "X-Ray", idle: 0, million: isTraced ? prices.traceRecorded * MILLION : 0 },
    { what: "Logs", idle: 0, million: ((functions.length * logBytes * MILLION) / GB) * prices.logGb },
  ];
}

function entryLines(resources: readonly Resource[]): CostLine[] {
  const count = (...types: string[]) => ofType(resources, ...types).length;
  // Sent one by one; read and deleted ten at a time.
  const queues = ofType(resources, "AWS::Lambda::EventSourceMapping").length;
  const requests =
    Math.min(1, count("AWS::ApiGatewayV2::Api")) * prices.httpApiRequest +
    Math.min(1, count("AWS::ApiGateway::RestApi")) * prices.restApiRequest;
  return [
    { what: "API Gateway", idle: 0, million: requests * MILLION },
    { what: "SQS", idle: 0, million: queues * 1.2 * prices.sqsRequest * MILLION },
    {
      what: "EventBridge",
      idle: 0,
      million: Math.min(1, count("AWS::Events::EventBus")) * prices.eventPublished * MILLION,
    },
    {
      what: "Scheduler",
      idle: 0,
      million: Math.min(1, count("AWS::Scheduler::Schedule")) * prices.scheduledInvocation * MILLION,
    },
  ];
}

function alarmLines(resources: readonly Resource[]): CostLine[] {
  const metrics = ofType(resources, "AWS::CloudWatch::Alarm").reduce((sum, { properties }) => {
    const queried = listOf(properties.Metrics).filter((each) => isObject(each) && each.MetricStat !== undefined);
    return sum + Math.max(1, queried.length);
  }, 0);
  return [{ what: `${metrics} alarms`, idle: metrics * prices.alarmMetricMonth, million: 0 }];
}

function tableLines(resources: readonly Resource[]): CostLine[] {
  const tables = ofType(resources, "AWS::DynamoDB::Table").filter(
    ({ properties }) => properties.BillingMode === "PAY_PER_REQUEST",
  );
  return [{ what: "DynamoDB", idle: 0, million: tables.length * 2 * prices.dynamoWrite * MILLION }];
}

/** A standard execution pays for each state that it enters. */
function machineLines(resources: readonly Resource[]): CostLine[] {
  const transitions = ofType(resources, "AWS::StepFunctions::StateMachine")
    .filter(({ properties }) => properties.StateMachineType !== "EXPRESS")
    .reduce((sum, { properties }) => sum + statesOnTheWay(properties), 0);
  return [{ what: "Step Functions", idle: 0, million: transitions * prices.stateTransition * MILLION }];
}

/** From the first state along `Next`, and the default of a choice: the way that nothing goes wrong on. */
function statesOnTheWay(properties: JsonObject): number {
  const written = textOf(properties.DefinitionString);
  try {
    const definition = JSON.parse(written) as {
      StartAt: string;
      States: Record<string, { Next?: string; Default?: string }>;
    };
    let count = 1;
    for (let name: string | undefined = definition.StartAt; name !== undefined && count < 100; count++) {
      const state: { Next?: string; Default?: string } | undefined = definition.States[name];
      name = state?.Next ?? state?.Default;
    }
    return count;
  } catch {
    // It stands in a file: one is the least that is paid.
    return 1;
  }
}

/** A text as it will be, what stands in for its variables aside. */
function textOf(value: Json | undefined): string {
  if (typeof value === "string") return value;
  if (!isObject(value)) return "";
  const { "Fn::Sub": substituted, "Fn::Join": joined } = value;
  if (substituted !== undefined) return textOf(Array.isArray(substituted) ? substituted[0] : substituted);
  if (!Array.isArray(joined)) return "";
  return listOf(joined[1]).map(textOf).join(textOf(joined[0]));
}

function standingLines(resources: readonly Resource[]): CostLine[] {
  const count = (type: string) => ofType(resources, type).length;
  const acus = ofType(resources, "AWS::RDS::DBCluster").reduce((sum, { properties }) => {
    const scaling = properties.ServerlessV2ScalingConfiguration;
    return sum + (isObject(scaling) ? numberOf(scaling.MinCapacity, 0.5) : 0);
  }, 0);
  // A proxy of Aurora Serverless pays for eight units at least.
  const proxied = count("AWS::RDS::DBProxy") * 8;
  return [
    { what: "Secrets", idle: count("AWS::SecretsManager::Secret") * prices.secretMonth, million: 0 },
    { what: "Keys", idle: count("AWS::KMS::Key") * prices.keyMonth, million: 0 },
    { what: "NAT gateways", idle: count("AWS::EC2::NatGateway") * prices.natGatewayHour * HOURS_A_MONTH, million: 0 },
    { what: "Aurora", idle: acus * prices.auroraAcuHour * HOURS_A_MONTH, million: 0 },
    { what: "RDS Proxy", idle: proxied * prices.proxyAcuHour * HOURS_A_MONTH, million: 0 },
  ];
}
