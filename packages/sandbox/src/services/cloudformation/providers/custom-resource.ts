import { InvokeCommand } from "@aws-sdk/client-lambda";
import { PublishCommand } from "@aws-sdk/client-sns";
import type { Json, JsonObject } from "@turnpike/cloudformation";
import { isObject } from "@turnpike/cloudformation";
import { OwnReason } from "../own-reason.ts";
import { defineProvider, type Made, type ProviderCall } from "../provider.ts";
import { object, text } from "./values.ts";

/*
 * Custom resources: a function (or whoever hears of a topic) does the work, and answers by writing a document to a
 * presigned URL. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
 */

const LONGEST_WAIT_S = 3600;
const LONGEST_RESPONSE_BYTES = 4096;

interface Answer {
  readonly Status: "SUCCESS" | "FAILED";
  readonly Reason?: string;
  readonly PhysicalResourceId?: string;
  readonly Data?: JsonObject;
  readonly NoEcho?: boolean;
}

type Request = {
  RequestType: "Create" | "Update" | "Delete";
  PhysicalResourceId?: string;
  OldResourceProperties?: JsonObject;
};

async function ask(
  call: ProviderCall,
  request: Request,
  properties: JsonObject,
  delivered: () => void = () => undefined,
): Promise<Answer> {
  const ServiceToken = text(properties.ServiceToken) ?? "";
  const waitMs = 1000 * Math.min(Number(properties.ServiceTimeout ?? LONGEST_WAIT_S), LONGEST_WAIT_S);
  const { ResponseURL, RequestId, answered } = await call.responses.open(request.RequestType, waitMs);
  const event = JSON.stringify({
    RequestType: request.RequestType,
    ServiceToken,
    ResponseURL,
    StackId: call.stackId,
    RequestId,
    LogicalResourceId: call.logicalId,
    ...(request.PhysicalResourceId === undefined ? {} : { PhysicalResourceId: request.PhysicalResourceId }),
    ResourceType: call.type,
    ResourceProperties: asTexts(properties),
    ...(request.OldResourceProperties ? { OldResourceProperties: asTexts(request.OldResourceProperties) } : {}),
  });
  await deliver(call, ServiceToken, event);
  delivered();
  const body = await answered(call.signal);
  if (body === undefined) {
    throw new OwnReason(
      `CloudFormation did not receive a response from your Custom Resource. Please check your logs for requestId [${RequestId}]. If you are using the Python cfn-response module, you may need to update your Lambda function code so that CloudFormation can attach the updated version.`,
    );
  }
  const answer = parse(body, { RequestId, stackId: call.stackId, logicalId: call.logicalId });
  if (answer.Status === "FAILED") {
    const said = answer.Reason || "No reason was given";
    throw new FailedAnswer(
      `Received response status [FAILED] from custom resource. Message returned: ${said} (RequestId: ${RequestId})`,
      answer.PhysicalResourceId,
    );
  }
  return answer;
}

/** A refusal still tells the physical id: what was half made can be deleted by it. */
class FailedAnswer extends OwnReason {
  readonly physicalId: string | undefined;

  constructor(message: string, physicalId: string | undefined) {
    super(message);
    this.physicalId = physicalId;
  }
}

async function deliver(call: ProviderCall, token: string, event: string): Promise<void> {
  if (token.startsWith("arn:aws:lambda:")) {
    const Payload = Buffer.from(event);
    await call.send(new InvokeCommand({ FunctionName: token, InvocationType: "Event", Payload }));
  } else if (token.startsWith("arn:aws:sns:")) {
    const Subject = "AWS CloudFormation custom resource request";
    await call.send(new PublishCommand({ TopicArn: token, Message: event, Subject }));
  } else throw new OwnReason("Invalid service token.");
}

function parse(body: string, asked: { RequestId: string; stackId: string; logicalId: string }): Answer {
  const refuse = (why: string) => new OwnReason(`Invalid Response object: ${why}`);
  if (Buffer.byteLength(body) > LONGEST_RESPONSE_BYTES) throw new OwnReason("Response object is too long.");
  let document: Json;
  try {
    document = JSON.parse(body) as Json;
  } catch {
    throw refuse("Response is not valid JSON");
  }
  if (!isObject(document)) throw refuse("Value of property Response must be an object");
  const { Status, StackId, RequestId, LogicalResourceId, PhysicalResourceId, Data } = document;
  for (const [name, given, wanted] of [
    ["StackId", StackId, asked.stackId],
    ["RequestId", RequestId, asked.RequestId],
    ["LogicalResourceId", LogicalResourceId, asked.logicalId],
  ]) {
    if (given !== wanted) throw refuse(`Value of property ${String(name)} is not the one of the request`);
  }
  if (Status !== "SUCCESS" && Status !== "FAILED") throw refuse("Value of property Status must be SUCCESS or FAILED");
  if (Data !== undefined && !isObject(Data)) throw refuse("Value of property Data must be an object");
  return {
    Status,
    ...(text(document.Reason) ? { Reason: text(document.Reason) ?? "" } : {}),
    ...(typeof PhysicalResourceId === "string" ? { PhysicalResourceId } : {}),
    ...(Data ? { Data } : {}),
  };
}

/** Numbers and booleans arrive as text, as CloudFormation sends them. */
function asTexts(value: Json): Json {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return value.map(asTexts);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, asTexts(member)]));
}

function made(answer: Answer): Made {
  const { PhysicalResourceId: physicalId } = answer;
  if (!physicalId) throw new OwnReason("Invalid PhysicalResourceId");
  return { physicalId, attributes: { ...object(answer.Data) } };
}

export const customResource = defineProvider({
  type: "AWS::CloudFormation::CustomResource",
  properties: "any",
  required: ["ServiceToken"],
  takesTags: false,
  async create(call) {
    let wasAsked = false;
    try {
      return made(await ask(call, { RequestType: "Create" }, call.properties, () => (wasAsked = true)));
    } catch (error) {
      // What was asked for may be half made: the rollback deletes it, by the id that was told or by one that says so.
      const told = error instanceof FailedAnswer ? error.physicalId : undefined;
      if (wasAsked) call.initiated(told ?? call.name(255));
      throw error;
    }
  },
  async update(call, current) {
    const { physicalId: PhysicalResourceId, properties: OldResourceProperties } = current;
    const request: Request = { RequestType: "Update", PhysicalResourceId, OldResourceProperties };
    return made(await ask(call, request, call.properties));
  },
  async remove(call, { physicalId: PhysicalResourceId }) {
    await ask(call, { RequestType: "Delete", PhysicalResourceId }, call.properties);
  },
});
