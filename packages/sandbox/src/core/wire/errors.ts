import type { NormalizedSchema } from "@smithy/core/schema";
import { AwsError } from "../errors.ts";
import type { FaultWords } from "../faults.ts";
import type { Caller } from "../identity.ts";
import type { Protocol, ServiceModel } from "./model.ts";
import type { Call } from "./protocols/protocol.ts";
import type { TooLarge } from "./receive.ts";
import { queryCodeOf, refusal } from "./refusals.ts";

/** How an error looks on the wire, as far as the protocols share it. */
export interface ErrorShape {
  readonly schema: NormalizedSchema | undefined;
  /** The modelled shape's name, or the code itself. */
  readonly name: string;
  /** The code that query clients know: `AWS.SimpleQueueService.NonExistentQueue`. */
  readonly queryCode: string;
  readonly status: number;
  readonly fault: "Sender" | "Receiver";
}

/** Finds an error's shape by its name or by the code that it has in query protocols. */
export function errorShape(model: ServiceModel, error: AwsError, protocol: Protocol): ErrorShape {
  const schema =
    model.errors.get(error.code) ??
    [...model.errors.values()].find((candidate) => queryTrait(candidate)?.[0] === error.code);
  const trait = schema && queryTrait(schema);
  const modelled = schema?.getMergedTraits().httpError as number | undefined;
  const status = error.status ?? (protocol === "query" ? trait?.[1] : undefined) ?? asSent(model, protocol, modelled);
  return {
    schema,
    name: schema?.getName() ?? error.code,
    queryCode: trait?.[0] ?? queryCodeOf(error.code),
    status,
    fault: status < 500 ? "Sender" : "Receiver",
  };
}

/**
 * Services that always spoke JSON answer 400 whatever their model says (KMS's NotFoundException is modelled with 404, and
 * recordings of AWS have 400); those that were query services once keep the status that they had.
 */
function asSent(model: ServiceModel, protocol: Protocol, modelled = 400): number {
  return protocol.startsWith("json") && !model.queryCompatible && modelled < 500 ? 400 : modelled;
}

/**
 * A request whose body can't be read as the operation's input, in each protocol's words.
 * Source: "Common errors" in the API references, S3's "Error responses", Lambda's and API Gateway's error lists.
 */
export function malformedInput({ model, protocol }: Call, thrown: unknown): AwsError {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (thrown instanceof AwsError && thrown.code !== "SerializationException") return thrown;
  if (thrown instanceof URIError) return new AwsError("InvalidURI", message);
  if (protocol === "restXml") {
    const text = "The XML you provided was not well-formed or did not validate against our published schema";
    return new AwsError("MalformedXML", text, { status: 400 });
  }
  if (protocol === "query") return new AwsError("MalformedInput", message, { status: 400 });
  if (protocol === "ec2Query") return new AwsError("InvalidParameterValue", message, { status: 400 });
  if (model.errors.has("InvalidRequestContentException")) {
    return new AwsError("InvalidRequestContentException", `Could not parse request body into json: ${message}`);
  }
  return new AwsError("SerializationException", message, { status: 400 });
}

/** An operation that the service doesn't have, in each protocol's words. */
export function unknownOperation({ model, protocol, operationName, request, form }: Call): AwsError {
  const version = form?.Version === undefined ? undefined : String(form.Version);
  if (protocol === "restXml") {
    const members = { Method: request.method, ResourceType: "SERVICE" };
    const message = "The specified method is not allowed against this resource.";
    return new AwsError("MethodNotAllowed", message, { status: 405, members });
  }
  if (protocol === "ec2Query") {
    if (version !== undefined && version !== model.version) {
      const message = `The requested version (${version}) of service AmazonEC2 does not exist`;
      return new AwsError("NoSuchVersion", message, { status: 400 });
    }
    return new AwsError("InvalidAction", `The action ${operationName} is not valid for this web service.`);
  }
  if (protocol === "query") {
    const message = `Could not find operation ${operationName} for version ${version ?? "NO_VERSION_SPECIFIED"}`;
    return new AwsError("InvalidAction", message, { status: 400 });
  }
  const status = protocol === "restJson" || protocol === "cbor" ? 404 : 400;
  return new AwsError("UnknownOperationException", `${model.serviceId} has no operation ${operationName}`, { status });
}

/** A body beyond what its service takes. */
export function tooLarge(call: Call | undefined, { message, limitBytes, sizeBytes }: TooLarge): AwsError {
  if (call?.protocol === "restXml") {
    const members = { ProposedSize: sizeBytes, MaxSizeAllowed: limitBytes };
    const text = "Your proposed upload exceeds the maximum allowed size";
    return new AwsError("EntityTooLarge", text, { status: 400, members });
  }
  const isQuery = call?.protocol === "query" || call?.protocol === "ec2Query";
  const operation = call?.operationName ? ` for the ${call.operationName} operation` : "";
  const code = isQuery ? "RequestEntityTooLarge" : "RequestEntityTooLargeException";
  return new AwsError(code, message + operation, { status: 413 });
}

/** S3's answer to a sender that stops in the middle; the others say 408 and nothing else. */
export function requestTimeout(): AwsError {
  const message =
    "Your socket connection to the server was not read from or written to within the timeout period. Idle connections will be closed.";
  return new AwsError("RequestTimeout", message, { status: 400 });
}

function queryTrait(schema: NormalizedSchema): [code: string, status: number] | undefined {
  return (schema.getMergedTraits() as { awsQueryError?: [string, number] }).awsQueryError;
}

/** Anything thrown by an operation as an error of AWS: what isn't one is our own fault. */
export function toAwsError(thrown: unknown): AwsError {
  if (thrown instanceof AwsError) return thrown;
  if (thrown instanceof URIError) return new AwsError("InvalidURI", thrown.message);
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new AwsError("InternalFailure", message, { status: 500 });
}

/**
 * What AWS says when it throttles, fails or refuses, under each protocol's own name.
 * Source: "Common errors" in each service's API reference, S3's "Error responses", Lambda's "Invoke".
 */
export function faultWords({ model, protocol, operationName }: Call, caller: Caller): FaultWords {
  const byProtocol = (query: string, other: string, s3: string) =>
    protocol === "restXml" ? s3 : protocol === "query" || protocol === "ec2Query" ? query : other;
  const action = `${model.signingName}:${operationName}`;
  return {
    throttled() {
      if (model.errors.has("TooManyRequestsException")) {
        return new AwsError("TooManyRequestsException", "Rate Exceeded.", { status: 429 });
      }
      const code = byProtocol("Throttling", "ThrottlingException", "SlowDown");
      const message = protocol === "restXml" ? "Please reduce your request rate." : "Rate exceeded";
      return new AwsError(code, message, { status: protocol === "restXml" ? 503 : 400 });
    },
    expired: () => refusal("expired", protocol),
    refused() {
      const code = byProtocol("AccessDenied", "AccessDeniedException", "AccessDenied");
      const status = byProtocol("403", "400", "403");
      const message = `User: ${caller.arn} is not authorized to perform: ${action}`;
      return new AwsError(code, message, { status: Number(status) });
    },
    failed(status) {
      const code = byProtocol("InternalFailure", "InternalServerError", "InternalError");
      return new AwsError(code, "We encountered an internal error. Please try again.", { status });
    },
  };
}
