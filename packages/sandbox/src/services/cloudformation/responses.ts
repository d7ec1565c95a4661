import { CreateBucketCommand, DeleteObjectCommand, GetObjectCommand, PutBucketPolicyCommand } from "@aws-sdk/client-s3";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { presign } from "../../core/presign.ts";
import { type StackRecord, uuidOf } from "./records.ts";

/** Where a custom resource's answer is waited for. */
export interface Responses {
  /**
   * A URL to which the answer may be written once, for `waitMs`. After a restart the same request has the same URL, so that
   * an answer that was given meanwhile isn't lost.
   */
  open(requestType: string, waitMs: number): Promise<Response>;
}

interface Response {
  readonly ResponseURL: string;
  readonly RequestId: string;
  /** What was written; undefined when the time is over. Raises the signal's reason. */
  answered(signal: AbortSignal): Promise<string | undefined>;
}

interface RequestRecord {
  readonly requestId: string;
  readonly url: string;
  readonly objectKey: string;
  readonly expiresAt: string;
}

/** CloudFormation's own account, in which the bucket is: no stack's role may read other stacks' answers. */
const OWNER = "000000000000";
const WRITER = `arn:aws:iam::${OWNER}:role/cloudformation-custom-resource`;
/** How often a bucket is looked at when no signal tells of a write (an answer of another process's sandbox). */
const LOOK_MS = 5000;

const bucketOf = (region: string) => `cloudformation-custom-resource-response-${region.replaceAll("-", "")}`;

export function responsesOf(context: Context, stack: StackRecord, logicalId: string): Responses {
  const requests = context.collection<RequestRecord>("custom-resource-requests");
  const Bucket = bucketOf(context.region);
  const scope = { account: OWNER };

  const forget = async (prefix: string) => {
    for (const { key, value } of requests.list(prefix)) {
      await context.send(new DeleteObjectCommand({ Bucket, Key: value.objectKey }), scope);
      requests.delete(key);
    }
  };

  return {
    async open(requestType, waitMs) {
      const { id = "", phase = "", attempt = 0 } = stack.operation ?? {};
      const prefix = `${uuidOf(stack.id)}/${logicalId}/`;
      const key = `${prefix}${id}/${phase}/${attempt}/${requestType}`;
      let record = requests.get(key);
      if (!record) {
        await requireBucket(context, Bucket);
        await forget(prefix);
        const requestId = context.random.uuid();
        const objectKey = `${stack.id.replaceAll("/", "|")}|${logicalId}|${requestId}`;
        const place = { bucket: Bucket, key: objectKey, roleArn: WRITER, sessionName: "cloudformation" };
        const url = presign(context, { ...place, method: "PUT", expiresSeconds: Math.ceil(waitMs / 1000) + 60 });
        const expiresAt = new Date(context.clock.now().getTime() + waitMs).toISOString();
        record = { requestId, url, objectKey, expiresAt };
        requests.put(key, record);
      }
      const { requestId: RequestId, url: ResponseURL, objectKey, expiresAt } = record;
      const deadlineMs = new Date(expiresAt).getTime();
      return {
        RequestId,
        ResponseURL,
        answered: (signal) => waitFor(context, { Bucket, Key: objectKey }, deadlineMs, signal),
      };
    },
  };
}

async function requireBucket(context: Context, Bucket: string): Promise<void> {
  const scope = { account: OWNER };
  const statement = {
    Effect: "Allow",
    Principal: { AWS: WRITER },
    Action: "s3:PutObject",
    Resource: `arn:aws:s3:::${Bucket}/*`,
  };
  try {
    const LocationConstraint = context.region as "eu-west-1";
    await context.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint } }), scope);
  } catch (error) {
    if (!(error instanceof AwsError) || error.code !== "BucketAlreadyOwnedByYou") throw error;
  }
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  await context.send(new PutBucketPolicyCommand({ Bucket, Policy }), scope);
}

async function waitFor(
  context: Context,
  place: { Bucket: string; Key: string },
  deadlineMs: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const scope = { account: OWNER };
  for (;;) {
    const written = new AbortController();
    const end = context.signals.on("s3.object-created", ({ bucket, key }) => {
      if (bucket === place.Bucket && key === place.Key) written.abort();
    });
    try {
      const { Body } = await context.send(new GetObjectCommand(place), scope);
      return Body ? Buffer.from(Body as unknown as Uint8Array).toString("utf8") : "";
    } catch (error) {
      if (!(error instanceof AwsError) || error.code !== "NoSuchKey") throw error;
      const leftMs = deadlineMs - context.clock.now().getTime();
      if (leftMs <= 0) return undefined;
      signal.throwIfAborted();
      await context.clock
        .sleep(Math.min(leftMs, LOOK_MS), AbortSignal.any([signal, written.signal]))
        .catch(() => signal.throwIfAborted());
    } finally {
      end();
    }
  }
}
