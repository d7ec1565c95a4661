import { existsSync, readFileSync } from "node:fs";
import { CreateBucketCommand, HeadObjectCommand, PutBucketPolicyCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { presign } from "../../core/presign.ts";
import { zipFile } from "./code.ts";

/** Lambda's own account, in which the code is: no account of the sandbox's sees it but by such a URL. */
const OWNER = "000000000000";
const READER = `arn:aws:iam::${OWNER}:role/lambda-code`;
/** https://docs.aws.amazon.com/lambda/latest/api/API_FunctionCodeLocation.html: ten minutes. */
const EXPIRES_S = 600;

/**
 * A URL at which the zip of a function or a layer can be downloaded for ten minutes, as it was uploaded. The zip is put
 * into Lambda's bucket when it is first asked for, and stays there. Undefined where there is no S3 in this sandbox, and
 * for code that came before zips were kept.
 */
export async function locateCode(context: Context, name: string, sha256: string): Promise<string | undefined> {
  const file = zipFile(context, sha256);
  if (!existsSync(file)) return undefined;
  const Bucket = `awslambda-${context.region}-tasks`;
  const Key = `snapshots/${context.account}/${name}-${Buffer.from(sha256, "base64").toString("hex")}`;
  try {
    await keep(context, { Bucket, Key }, file);
  } catch (error) {
    if (error instanceof AwsError && error.code === "NotImplemented") return undefined;
    throw error;
  }
  const place = { bucket: Bucket, key: Key, roleArn: READER, sessionName: "lambda" };
  return presign(context, { ...place, method: "GET", expiresSeconds: EXPIRES_S });
}

async function keep(context: Context, place: { Bucket: string; Key: string }, file: string): Promise<void> {
  const scope = { account: OWNER };
  const ignore = (...codes: readonly string[]) => {
    return (error: unknown) => {
      if (!(error instanceof AwsError) || !codes.includes(error.code)) throw error;
      return undefined;
    };
  };
  const there = await context
    .send(new HeadObjectCommand(place), scope)
    .catch(ignore("NoSuchBucket", "NoSuchKey", "NotFound"));
  if (there) return;
  const { Bucket } = place;
  const LocationConstraint = context.region as "eu-west-1";
  await context
    .send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint } }), scope)
    .catch(ignore("BucketAlreadyOwnedByYou"));
  const statement = {
    Effect: "Allow",
    Principal: { AWS: READER },
    Action: "s3:GetObject",
    Resource: `arn:aws:s3:::${Bucket}/*`,
  };
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  await context.send(new PutBucketPolicyCommand({ Bucket, Policy }), scope);
  await context.send(new PutObjectCommand({ ...place, Body: readFileSync(file) }), scope);
}
