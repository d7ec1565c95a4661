import { createHash } from "node:crypto";
import type { MessageAttributeValue } from "@aws-sdk/client-sqs";

export const md5 = (data: string | Buffer) => createHash("md5").update(data).digest("hex");

const STRING = 1;
const BINARY = 2;

/**
 * The digest of a message's attributes that clients compare: name, type and value of each, in order of their names, each
 * with its length before it. Undefined where there are none.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
 */
export function md5OfAttributes(attributes: Record<string, MessageAttributeValue> | undefined): string | undefined {
  const names = Object.keys(attributes ?? {}).sort();
  if (names.length === 0) return undefined;
  const parts: Buffer[] = [];
  for (const name of names) {
    const { DataType = "", StringValue, BinaryValue } = attributes?.[name] ?? {};
    parts.push(withLength(name), withLength(DataType));
    if (BinaryValue !== undefined) parts.push(Buffer.from([BINARY]), withLength(BinaryValue));
    else parts.push(Buffer.from([STRING]), withLength(StringValue ?? ""));
  }
  return md5(Buffer.concat(parts));
}

function withLength(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value as string);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
