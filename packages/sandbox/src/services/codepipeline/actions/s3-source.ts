import { GetBucketVersioningCommand, GetObjectCommand } from "@aws-sdk/client-s3";
import { AwsError } from "../../../core/errors.ts";
import { writeObject } from "../../codebuild/objects.ts";
import { ActionFailure, type ActionRun, type ActionSuccess } from "./action.ts";

/**
 * An object of a versioned bucket as an artifact, in the version that is the newest when the action starts.
 * https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-S3.html
 */
export async function fetchObject(run: ActionRun): Promise<ActionSuccess> {
  const { S3Bucket: bucket = "", S3ObjectKey: key = "" } = run.configuration;
  const [output] = Object.values(run.record.outputs);
  if (!output) throw new ActionFailure("ConfigurationError", "This action has no output artifact");
  const { bytes, version, etag, contentType } = await read(run, bucket, key);
  const place = { ...output, roleArn: run.pipelineRole };
  await writeObject(run.context, place, bytes, { contentType, encryptionKey: run.encryptionKey });
  const summary = `Amazon S3 version id: ${version}`;
  const url = `https://${run.context.region}.console.aws.amazon.com/s3/object/${bucket}/${key}?versionId=${version}`;
  return {
    result: { externalExecutionId: version, externalExecutionUrl: url, externalExecutionSummary: summary },
    revision: { id: version, summary, url },
    variables: { BucketName: bucket, ETag: etag, ObjectKey: key, VersionId: version },
  };
}

async function read({ context, roleArn }: ActionRun, bucket: string, key: string) {
  try {
    const { Status } = await context.send(new GetBucketVersioningCommand({ Bucket: bucket }), { roleArn });
    if (Status !== "Enabled") {
      const message = `The S3 bucket ${bucket} isn't versioned. Enable versioning for the bucket`;
      throw new ActionFailure("ConfigurationError", message);
    }
    const answer = await context.send(new GetObjectCommand({ Bucket: bucket, Key: key }), { roleArn });
    return {
      // In process a body is its bytes, whatever the SDK's type says.
      bytes: answer.Body as unknown as Uint8Array,
      version: answer.VersionId ?? "",
      etag: (answer.ETag ?? "").replaceAll('"', ""),
      contentType: answer.ContentType ?? "application/zip",
    };
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    const isDenied = error.code === "AccessDenied";
    const code = isDenied ? "PermissionError" : "ConfigurationError";
    throw new ActionFailure(code, `The object with key '${key}' could not be read from ${bucket}: ${error.message}`);
  }
}
