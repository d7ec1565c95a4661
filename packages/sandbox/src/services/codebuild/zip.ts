import { lstat, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import { promisify } from "node:util";
import { crc32, deflateRaw, inflateRaw } from "node:zlib";

/*
 * ZIP archives as build artifacts need them: with Unix modes (a script stays executable from one build to the next,
 * which fflate's reader doesn't tell) and without holding up the event loop while bytes are squeezed.
 * Not here, and refused by name: ZIP64 (4 GiB and more), encryption, methods other than stored and deflated.
 * https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */

export interface ZipEntry {
  /** Relative, with `/`. */
  readonly path: string;
  readonly data: Uint8Array;
  /** As `stat` has it, file type included. */
  readonly mode: number;
  readonly modifiedAt: Date;
}

class ZipError extends Error {}

const deflate = promisify(deflateRaw) as (data: Uint8Array) => Promise<Buffer>;
const inflate = promisify(inflateRaw) as (data: Uint8Array, options: { maxOutputLength: number }) => Promise<Buffer>;

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const LONGEST_COMMENT = 0xffff;
const UTF8_NAMES = 0x0800;
const MADE_ON_UNIX = 3 << 8;
const FILE_TYPE = 0o170000;
const SYMLINK = 0o120000;
const DIRECTORY = 0o040000;
const REGULAR = 0o100000;
const LARGEST_BYTES = 0xffffffff;

/** Packs files in the order given. */
export async function packZip(entries: readonly ZipEntry[]): Promise<Buffer> {
  if (entries.length > 0xfffe) throw new ZipError("sandbox: a ZIP of more than 65,534 files is not implemented");
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const name = Buffer.from(entry.path);
    const squeezed = await deflate(entry.data);
    const stored = squeezed.length >= entry.data.length;
    const body = stored ? Buffer.from(entry.data) : squeezed;
    if (offset + body.length > LARGEST_BYTES) throw new ZipError("sandbox: a ZIP of 4 GiB and more is not implemented");
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(UTF8_NAMES, 2);
    common.writeUInt16LE(stored ? 0 : 8, 4);
    common.writeUInt32LE(dosTime(entry.modifiedAt), 6);
    common.writeUInt32LE(crc32(entry.data), 10);
    common.writeUInt32LE(body.length, 14);
    common.writeUInt32LE(entry.data.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.alloc(4);
    local.writeUInt32LE(LOCAL);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(CENTRAL, 0);
    central.writeUInt16LE(MADE_ON_UNIX | 20, 4);
    common.copy(central, 6);
    central.writeUInt32LE((entry.mode << 16) >>> 0, 38);
    central.writeUInt32LE(offset, 42);
    parts.push(local, common, name, body);
    directory.push(central, name);
    offset += local.length + common.length + name.length + body.length;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(END, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, list, end]);
}

interface Listed {
  readonly path: string;
  readonly mode: number;
  readonly sizeBytes: number;
  read(): Promise<Buffer>;
}

/** The archive's directory. Raises `ZipError` when `archive` isn't one. */
export function listZip(archive: Uint8Array): Listed[] {
  const bytes = Buffer.from(archive.buffer, archive.byteOffset, archive.byteLength);
  const end = findEnd(bytes);
  const count = bytes.readUInt16LE(end + 10);
  const entries: Listed[] = [];
  let at = bytes.readUInt32LE(end + 16);
  if (count === 0xffff || at === LARGEST_BYTES) throw new ZipError("sandbox: ZIP64 is not implemented");
  for (let index = 0; index < count; index++) {
    if (at + 46 > bytes.length || bytes.readUInt32LE(at) !== CENTRAL)
      throw new ZipError("The ZIP's directory is broken");
    const nameBytes = bytes.readUInt16LE(at + 28);
    const path = bytes.toString("utf8", at + 46, at + 46 + nameBytes);
    const head = { method: bytes.readUInt16LE(at + 10), flags: bytes.readUInt16LE(at + 8) };
    const packedBytes = bytes.readUInt32LE(at + 20);
    const sizeBytes = bytes.readUInt32LE(at + 24);
    const offset = bytes.readUInt32LE(at + 42);
    const checksum = bytes.readUInt32LE(at + 16);
    const unix = bytes.readUInt8(at + 5) === 3 ? bytes.readUInt32LE(at + 38) >>> 16 : 0;
    const kind = path.endsWith("/") ? DIRECTORY | 0o755 : REGULAR | 0o644;
    const read = async () => {
      if (head.flags & 1) throw new ZipError(`${path}: encrypted entries are not implemented`);
      const start = offset + 30 + bytes.readUInt16LE(offset + 26) + bytes.readUInt16LE(offset + 28);
      const body = bytes.subarray(start, start + packedBytes);
      const data = await expand(path, head.method, body, sizeBytes);
      if (crc32(data) !== checksum) throw new ZipError(`${path}: the ZIP's checksum doesn't fit`);
      return data;
    };
    entries.push({
      path,
      mode: unix === 0 ? kind : unix & FILE_TYPE ? unix : unix | (kind & FILE_TYPE),
      sizeBytes,
      read,
    });
    at += 46 + nameBytes + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return entries;
}

async function expand(path: string, method: number, body: Buffer, sizeBytes: number): Promise<Buffer> {
  if (method === 0) return body;
  if (method !== 8) throw new ZipError(`${path}: compression method ${method} is not implemented`);
  // A bomb that says a small size is cut off there.
  return inflate(body, { maxOutputLength: Math.max(sizeBytes, 1) });
}

/** One file's bytes, or undefined when the archive has none of that name. */
export async function readFromZip(archive: Uint8Array, path: string): Promise<Buffer | undefined> {
  return listZip(archive)
    .find((entry) => entry.path === posix.normalize(path))
    ?.read();
}

/**
 * Unpacks into `folder`. Raises `ZipError` for an entry that would be written, or point, outside of it; what was
 * unpacked before stays.
 */
export async function unpackZip(archive: Uint8Array, folder: string): Promise<void> {
  for (const entry of listZip(archive)) {
    const path = posix.normalize(entry.path);
    if (path.startsWith("../") || path === ".." || posix.isAbsolute(path) || path.includes("\\")) {
      throw new ZipError(`${entry.path}: this entry would be written outside of its folder`);
    }
    const target = join(folder, path);
    await requireNoLink(folder, path);
    if (path.endsWith("/")) {
      await mkdir(target, { recursive: true });
      continue;
    }
    await mkdir(dirname(target), { recursive: true });
    const data = await entry.read();
    if ((entry.mode & FILE_TYPE) === SYMLINK) await link(data.toString(), target, path);
    else await writeFile(target, data, { mode: entry.mode & 0o777 });
  }
}

/** A link on the way would lead what follows elsewhere. */
async function requireNoLink(folder: string, path: string): Promise<void> {
  let at = folder;
  for (const part of path.split("/").filter(Boolean)) {
    at = join(at, part);
    const found = await lstat(at).catch(() => undefined);
    if (!found) return;
    if (found.isSymbolicLink()) throw new ZipError(`${path}: this entry would be written through a link`);
  }
}

async function link(to: string, target: string, path: string): Promise<void> {
  const landing = posix.normalize(posix.join(posix.dirname(path), to));
  if (posix.isAbsolute(to) || landing.startsWith("../") || landing === "..") {
    throw new ZipError(`${path}: this link points outside of its folder`);
  }
  await symlink(to, target);
}

/** Whether bytes begin as a ZIP does. */
export const looksLikeZip = (bytes: Uint8Array) => bytes[0] === 0x50 && bytes[1] === 0x4b;

export async function fileEntry(path: string, file: string): Promise<ZipEntry> {
  const [data, { mode, mtime }] = await Promise.all([readFile(file), lstat(file)]);
  return { path, data, mode, modifiedAt: mtime };
}

function findEnd(bytes: Buffer): number {
  const first = Math.max(0, bytes.length - 22 - LONGEST_COMMENT);
  for (let at = bytes.length - 22; at >= first; at--) if (bytes.readUInt32LE(at) === END) return at;
  throw new ZipError("This is not a ZIP archive");
}

/** MS-DOS time, to 2 s, from 1980 on. */
function dosTime(date: Date): number {
  const year = Math.max(1980, date.getUTCFullYear());
  const day = ((year - 1980) << 9) | ((date.getUTCMonth() + 1) << 5) | date.getUTCDate();
  const time = (date.getUTCHours() << 11) | (date.getUTCMinutes() << 5) | (date.getUTCSeconds() >> 1);
  return ((day << 16) | time) >>> 0;
}
