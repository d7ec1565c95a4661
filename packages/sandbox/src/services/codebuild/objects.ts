import { GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import type { Context } from "../../core/context.ts";

interface ObjectPlace {
  readonly bucket: string;
  readonly key: string;
  /** Who reads or writes: an artifact bucket's policy is asked as it is on AWS. */
  readonly roleArn: string;
}

/** An object's bytes, whole. Raises `AwsError` as S3 does. */
export async function readObject(context: Context, { bucket, key, roleArn }: ObjectPlace): Promise<Uint8Array> {
  const { Body } = await context.send(new GetObjectCommand({ Bucket: bucket, Key: key }), { roleArn });
  // In process a body is its bytes, whatever the SDK's type says.
  return Body as unknown as Uint8Array;
}

/** Writes an artifact, encrypted with the store's key where it has one. */
export async function writeObject(
  context: Context,
  { bucket, key, roleArn }: ObjectPlace,
  bytes: Uint8Array,
  options: { contentType: string; encryptionKey?: string | undefined },
): Promise<void> {
  const { contentType, encryptionKey } = options;
  const encryption = encryptionKey ? ({ ServerSideEncryption: "aws:kms", SSEKMSKeyId: encryptionKey } as const) : {};
  const command = new PutObjectCommand({
    Bucket: bucket,
    Key: key,
    Body: bytes,
    ContentType: contentType,
    ...encryption,
  });
  await context.send(command, { roleArn });
}
