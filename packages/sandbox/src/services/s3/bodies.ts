import { createHash } from "node:crypto";
import { closeSync, openSync, read } from "node:fs";
import { constants, copyFile, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { crc32 } from "node:zlib";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";

const readAt = promisify(read);

/** Bodies are files, two levels deep, named at random; records name them. A file that no record names is waste, never data. */
function pathOf(context: Context, file: string): string {
  return join(context.surroundings.dataDir, "s3", "bodies", file.slice(0, 2), file);
}

/** The path of a new body, with its folder made. */
async function newPath(context: Context, file: string): Promise<string> {
  const path = pathOf(context, file);
  await mkdir(dirname(path), { recursive: true });
  return path;
}

/** Writes a body and returns its file's name; it is on disk before the promise resolves. */
export async function writeBody(context: Context, chunks: readonly Uint8Array[]): Promise<string> {
  const file = context.random.hex(32);
  const path = await newPath(context, file);
  const draft = await open(`${path}.new`, "wx", 0o600);
  try {
    for (const chunk of chunks) await draft.writeFile(chunk);
    await draft.sync();
  } finally {
    await draft.close();
  }
  await rename(`${path}.new`, path);
  return file;
}

/**
 * Bytes `start` to `end`, both included. The file is opened before the first await: a caller that looked the record up in
 * the same turn reads that body to its end, even when it is overwritten meanwhile.
 */
export async function readBody(context: Context, file: string, start: number, end: number): Promise<Buffer> {
  const descriptor = openSync(pathOf(context, file), "r");
  try {
    const bytes = Buffer.allocUnsafe(Math.max(0, end - start + 1));
    for (let at = 0; at < bytes.length; ) {
      const { bytesRead } = await readAt(descriptor, bytes, at, bytes.length - at, start + at);
      if (bytesRead === 0) throw new Error(`The body ${file} is shorter than its record says.`);
      at += bytesRead;
    }
    return bytes;
  } finally {
    closeSync(descriptor);
  }
}

export async function copyBody(context: Context, file: string): Promise<string> {
  const copy = context.random.hex(32);
  const path = await newPath(context, copy);
  await copyFile(pathOf(context, file), path, constants.COPYFILE_FICLONE);
  const written = await open(path, "r");
  await written.sync();
  await written.close();
  return copy;
}

export async function removeBody(context: Context, file: string): Promise<void> {
  await rm(pathOf(context, file), { force: true });
}

/** A body's ETag: the quoted MD5 of its bytes. */
export const etagOf = (body: Uint8Array) => `"${createHash("md5").update(body).digest("hex")}"`;

/** The members in which uploaders give checksums. CRC32C and CRC64NVME are kept unverified: Node has neither. */
const CHECKSUMS = {
  ChecksumCRC32: (body: Uint8Array) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(crc32(body));
    return bytes.toString("base64");
  },
  ChecksumSHA1: (body: Uint8Array) => createHash("sha1").update(body).digest("base64"),
  ChecksumSHA256: (body: Uint8Array) => createHash("sha256").update(body).digest("base64"),
  ContentMD5: (body: Uint8Array) => createHash("md5").update(body).digest("base64"),
  ChecksumCRC32C: undefined,
  ChecksumCRC64NVME: undefined,
} as const;

type ChecksumMember = keyof typeof CHECKSUMS;

/** The checksums that came with a body, verified; raises `BadDigest` when one differs. */
export function verifyChecksums(
  input: { readonly [M in ChecksumMember]?: string | undefined },
  body: Uint8Array,
): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const member of Object.keys(CHECKSUMS) as ChecksumMember[]) {
    const given = input[member];
    if (given === undefined) continue;
    const compute = CHECKSUMS[member];
    if (compute && compute(body) !== given) {
      const what = member === "ContentMD5" ? "Content-MD5" : member.replace("Checksum", "");
      throw new AwsError("BadDigest", `The ${what} you specified did not match the calculated checksum.`, {
        status: 400,
      });
    }
    if (member !== "ContentMD5") kept[member] = given;
  }
  return kept;
}
