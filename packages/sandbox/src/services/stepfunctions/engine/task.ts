import { DescribeExecutionCommand, type DescribeExecutionOutput } from "@aws-sdk/client-sfn";
import { AwsError } from "../../../core/errors.ts";
import { RuntimeFailure, StateFailure } from "../asl/failure.ts";
import { isObject, type Json, type JsonObject } from "../asl/json.ts";
import { find } from "../asl/json-path.ts";
import { fill } from "../asl/template.ts";
import { awaitToken, openToken } from "./callbacks.ts";
import { INTEGRATIONS, type Integration, type Resource, readResource } from "./integrations.ts";
import { aborted, before, scopeOf, type Visit } from "./run.ts";

const MODELLED = /^(ValidationException|SerializationException|InternalFailure|NotImplemented|AccessDenied)/;

/** Runs a task: schedules it, does it, and says in the history how it ended. Raises `StateFailure`. */
export async function runTask(visit: Visit, given: Json): Promise<Json> {
  const arn = String(visit.state.Resource);
  const resource = readResource(arn);
  if (!resource) return invokeFunction(visit, given, arn);
  const integration = INTEGRATIONS[resource.key];
  if (!integration) throw new RuntimeFailure(`The resource ${arn} isn't supported by the sandbox.`);
  return callService(visit, given, resource, integration);
}

/** `Resource` is the function itself: its result is the function's answer, and its events are Lambda's. */
async function invokeFunction(visit: Visit, given: Json, arn: string): Promise<Json> {
  const { run, thread } = visit;
  const input = parameters(visit, given);
  const timeout = seconds(visit, given, "TimeoutSeconds");
  run.journal.event(thread, "LambdaFunctionScheduled", {
    resource: arn,
    input: JSON.stringify(input),
    inputDetails: { truncated: false },
    ...(timeout === undefined ? {} : { timeoutInSeconds: timeout }),
  });
  run.journal.event(thread, "LambdaFunctionStarted");
  const lambda = INTEGRATIONS["lambda:invoke"] as Integration;
  try {
    const answer = await call(visit, lambda, { FunctionName: arn, Payload: input }, deadline(visit, timeout));
    const output = answer.Payload ?? null;
    run.journal.event(thread, "LambdaFunctionSucceeded", {
      output: JSON.stringify(output),
      outputDetails: { truncated: false },
    });
    return output;
  } catch (error) {
    if (error instanceof StateFailure) {
      run.journal.event(thread, `LambdaFunction${ending(error)}`, failureDetails(error));
    }
    throw error;
  }
}

async function callService(visit: Visit, given: Json, resource: Resource, integration: Integration): Promise<Json> {
  const { run, thread } = visit;
  const isCallback = resource.pattern === "waitForTaskToken";
  const token = isCallback ? openToken(visit) : undefined;
  const input = parameters(visit, given, token);
  const timeout = seconds(visit, given, "TimeoutSeconds");
  const heartbeat = seconds(visit, given, "HeartbeatSeconds");
  const names = { resourceType: resource.service, resource: resource.action };
  run.journal.event(thread, "TaskScheduled", {
    ...names,
    region: run.context.region,
    parameters: JSON.stringify(input),
    ...(timeout === undefined ? {} : { timeoutInSeconds: timeout }),
    ...(heartbeat === undefined ? {} : { heartbeatInSeconds: heartbeat }),
  });
  run.journal.event(thread, "TaskStarted", names);
  const until = deadline(visit, timeout);
  const done = (type: string, output: Json) =>
    run.journal.event(thread, type, { ...names, output: JSON.stringify(output), outputDetails: { truncated: false } });
  try {
    const answer = await call(visit, integration, isObject(input) ? input : {}, until);
    let output: Json = answer;
    if (resource.pattern !== "") done("TaskSubmitted", answer);
    if (token !== undefined) output = await awaitToken(visit, token, until, heartbeat);
    else if (resource.pattern !== "") output = await awaitExecution(visit, answer, until, resource.pattern);
    done("TaskSucceeded", output);
    return output;
  } catch (error) {
    if (error instanceof StateFailure) {
      run.journal.event(thread, `Task${ending(error)}`, { ...names, ...failureDetails(error) });
    }
    throw error;
  }
}

const ending = (failure: StateFailure) => (failure.error === "States.Timeout" ? "TimedOut" : "Failed");

const failureDetails = ({ error, reason }: StateFailure) => ({
  ...(error === undefined ? {} : { error }),
  ...(reason === undefined ? {} : { cause: reason }),
});

function parameters(visit: Visit, given: Json, token?: string): Json {
  const { Parameters } = visit.state;
  if (Parameters === undefined) return given;
  return fill(Parameters, scopeOf(visit, given, token === undefined ? undefined : { Token: token }));
}

function seconds(visit: Visit, given: Json, field: "TimeoutSeconds" | "HeartbeatSeconds"): number | undefined {
  const direct = visit.state[field];
  if (direct !== undefined) return Number(direct);
  const path = visit.state[`${field}Path`];
  if (path === undefined) return undefined;
  const value = find(String(path), String(path).startsWith("$$") ? scopeOf(visit, given).context : given);
  if (typeof value === "number" && Number.isInteger(value) && value > 0) return value;
  const shown = `Invalid path '${path}' : No results for path: $['${String(path).slice(2)}']`;
  throw new RuntimeFailure(
    value === undefined
      ? shown
      : `The ${field}Path parameter isn't a positive integer: ${path} == ${JSON.stringify(value)}`,
  );
}

const deadline = ({ run, thread }: Visit, timeout: number | undefined) =>
  timeout === undefined
    ? undefined
    : run.journal.value(thread, () => run.context.clock.now().getTime() + timeout * 1000);

/** Calls the service as the state machine's role. Answers in the form that a task's result has. */
async function call(
  visit: Visit,
  integration: Integration,
  input: JsonObject,
  until: number | undefined,
): Promise<JsonObject> {
  const { run, thread } = visit;
  const { context, record } = run;
  const interrupted = () => {
    const reason = "The sandbox was stopped while this task ran; whether it took effect isn't known.";
    return new StateFailure(`${integration.prefix}.SdkClientException`, reason);
  };
  const work = async () => {
    const scope = { roleArn: record.machine.roleArn, sourceArn: record.machine.arn, traceHeader: record.traceHeader };
    try {
      const command = await integration.command(input);
      return resultOf(integration, await before(visit, until, context.send(command, scope)), context.random.uuid());
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      throw serviceFailure(integration, error, context.random.uuid());
    }
  };
  return (await run.journal.effect(thread, work, interrupted)) as JsonObject;
}

function resultOf(integration: Integration, answer: object, requestId: string): JsonObject {
  const { $metadata: _, Payload, FunctionError, ...rest } = answer as Record<string, unknown>;
  const metadata = { SdkHttpMetadata: { HttpStatusCode: 200 }, SdkResponseMetadata: { RequestId: requestId } };
  if (Payload instanceof Uint8Array) {
    const text = Buffer.from(Payload).toString();
    if (FunctionError !== undefined) throw functionFailure(text);
    const { ExecutedVersion = "$LATEST", StatusCode = 200 } = rest;
    const payload = text === "" ? {} : (JSON.parse(text) as Json);
    return { ExecutedVersion: String(ExecutedVersion), Payload: payload, ...metadata, StatusCode: Number(StatusCode) };
  }
  const plain = JSON.parse(JSON.stringify(rest)) as JsonObject;
  if (Number(plain.FailedEntryCount ?? 0) > 0) throw new StateFailure("EventBridge.FailedEntry", JSON.stringify(plain));
  return { ...(integration.result?.(plain) ?? plain), ...metadata };
}

/** What a function raised: its type is the error, its whole answer the cause. */
function functionFailure(text: string): StateFailure {
  let type: unknown;
  try {
    ({ errorType: type } = JSON.parse(text) as { errorType?: unknown });
  } catch {
    type = undefined;
  }
  return new StateFailure(typeof type === "string" ? type : "Lambda.Unknown", text);
}

function serviceFailure(integration: Integration, error: AwsError, requestId: string): StateFailure {
  const code = error.code.split(".").at(-1) ?? error.code;
  const name = /(Exception|Error)$/.test(code) ? code : `${code}Exception`;
  const known = MODELLED.test(code) ? integration.unmodelled : `${integration.prefix}.${name}`;
  const status = error.status ?? (/NotFound/.test(code) && integration.prefix !== "DynamoDB" ? 404 : 400);
  const cause = `${error.message} (Service: ${integration.service}; Status Code: ${status}; Error Code: ${code}; Request ID: ${requestId}; Proxy: null)`;
  return new StateFailure(known, cause);
}

/** `.sync`: waits until the other execution is over, and has its result, or fails as it did. */
async function awaitExecution(
  visit: Visit,
  started: JsonObject,
  until: number | undefined,
  pattern: Resource["pattern"],
): Promise<Json> {
  const executionArn = String(started.ExecutionArn);
  return visit.run.journal.effect(visit.thread, async () => {
    for (;;) {
      const changed = visit.run.changed(executionArn);
      const found = await visit.run.context.send(new DescribeExecutionCommand({ executionArn }));
      if (found.status !== "RUNNING") return executionResult(found, pattern);
      await before(visit, until, aborted(visit.thread.signal, changed));
    }
  });
}

function executionResult(found: DescribeExecutionOutput, pattern: Resource["pattern"]): Json {
  const parse = (text: string | undefined): Json =>
    text === undefined ? null : pattern === "sync:2" ? (JSON.parse(text) as Json) : text;
  const failed = found.status !== "SUCCEEDED";
  const result: JsonObject = {
    ...(failed && found.cause !== undefined ? { Cause: found.cause } : {}),
    ...(failed && found.error !== undefined ? { Error: found.error } : {}),
    ExecutionArn: found.executionArn ?? null,
    Input: parse(found.input),
    InputDetails: { Included: true },
    Name: found.name ?? null,
    ...(failed ? {} : { Output: parse(found.output), OutputDetails: { Included: true } }),
    StartDate: found.startDate?.getTime() ?? null,
    StateMachineArn: found.stateMachineArn ?? null,
    Status: found.status ?? null,
    StopDate: found.stopDate?.getTime() ?? null,
  };
  if (failed) throw new StateFailure("States.TaskFailed", JSON.stringify(result));
  return result;
}
