import { CreateLogStreamCommand, PutLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import type { ServiceRuntime } from "../../../core/context.ts";
import { AwsError } from "../../../core/errors.ts";
import type { StageRecord } from "../records.ts";
import type { Authorized } from "./jwt.ts";
import { type GatewayRequest, requestTime } from "./payload.ts";

interface Answered {
  readonly account: string;
  readonly region: string;
  readonly apiId: string;
  readonly stage: StageRecord;
  readonly request: GatewayRequest;
  readonly routeKey: string | undefined;
  readonly status: number;
  readonly bytes: number;
  readonly latencyMs: number;
  readonly integrationMs: number | undefined;
  readonly authorized: Authorized | undefined;
  readonly error: string | undefined;
}

export interface AccessLog {
  record(answered: Answered): void;
  flush(): Promise<void>;
}

const COLLECT_MS = 100;

/**
 * Writes a line of the stage's own format for each request, after it was answered. A `$context` variable that isn't known
 * here, or has no value, is `-`, as on AWS.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
 */
export function createAccessLog(runtime: ServiceRuntime): AccessLog {
  let lines: { account: string; region: string; group: string; timestamp: number; message: string }[] = [];
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();
  const stream = runtime.random.hex(32);

  const write = async (batch: typeof lines) => {
    const groups = Map.groupBy(batch, ({ account, region, group }) => `${account}/${region}/${group}`);
    for (const events of groups.values()) {
      const [first] = events;
      if (!first) continue;
      const { send } = runtime.contextFor(first.account, first.region);
      const names = { logGroupName: first.group, logStreamName: stream };
      const logEvents = events.map(({ timestamp, message }) => ({ timestamp, message }));
      const put = () => send(new PutLogEventsCommand({ ...names, logEvents }));
      try {
        await put().catch(async (error) => {
          if (!(error instanceof AwsError) || error.code !== "ResourceNotFoundException") throw error;
          await send(new CreateLogStreamCommand(names));
          await put();
        });
      } catch (error) {
        // No such group: the requests were answered long ago, and AWS tells nobody either.
        runtime.log("access-log.lost", { group: first.group, error: String(error) });
      }
    }
  };

  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const batch = lines;
    lines = [];
    writing = writing.then(() => write(batch));
    return writing;
  };

  return {
    record(answered) {
      const { DestinationArn: arn = "", Format: format = "" } = answered.stage.accessLog ?? {};
      const group = /^arn:aws[\w-]*:logs:[^:]+:\d{12}:log-group:([^:]+)/.exec(arn)?.[1];
      if (group === undefined || format === "") return;
      const variables = variablesOf(answered);
      const message = format.replace(/\$context\.([\w.-]+)/g, (_, name: string) => variables[name] ?? "-");
      const { account, region, request } = answered;
      lines.push({ account, region, group, timestamp: request.at.getTime(), message });
      timer ??= setTimeout(() => void flush(), COLLECT_MS);
    },
    flush,
  };
}

function variablesOf(answered: Answered): Readonly<Record<string, string | undefined>> {
  const { request, status, integrationMs, authorized, error } = answered;
  const whole = (ms: number | undefined) => (ms === undefined ? undefined : String(Math.round(ms)));
  const claims = Object.entries(authorized?.claims ?? {}).map(([name, value]) => [`authorizer.claims.${name}`, value]);
  return {
    accountId: answered.account,
    apiId: answered.apiId,
    domainName: request.host,
    domainPrefix: answered.apiId,
    "error.message": error,
    "error.messageString": error === undefined ? undefined : JSON.stringify(error),
    extendedRequestId: request.requestId,
    httpMethod: request.method,
    "identity.sourceIp": request.sourceIp,
    "identity.userAgent": [request.headers["user-agent"]].flat()[0],
    "integration.latency": whole(integrationMs),
    "integration.status": integrationMs === undefined ? undefined : "200",
    integrationLatency: whole(integrationMs),
    integrationStatus: integrationMs === undefined ? undefined : "200",
    path: request.rawPath,
    protocol: "HTTP/1.1",
    requestId: request.requestId,
    requestTime: requestTime(request.at),
    requestTimeEpoch: String(request.at.getTime()),
    responseLatency: whole(answered.latencyMs),
    responseLength: String(answered.bytes),
    routeKey: answered.routeKey,
    stage: answered.stage.name,
    status: String(status),
    ...Object.fromEntries(claims),
  };
}
