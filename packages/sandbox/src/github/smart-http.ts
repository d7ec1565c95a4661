import { spawn } from "node:child_process";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { type RefUpdate, readRefs } from "./bare.ts";
import { gitEnvironment } from "./git.ts";
import { band, FLUSH, packet, readPackets } from "./packets.ts";
import { ZERO_SHA } from "./rows.ts";

/**
 * git's smart HTTP protocol, by the two programs that `git http-backend` would run for it: a process less for each
 * request, and the ref updates of a push are at hand. Source: https://git-scm.com/docs/http-protocol
 */

export type GitService = "git-upload-pack" | "git-receive-pack";

/** A push as it was sent. */
export interface Push {
  readonly updates: readonly RefUpdate[];
  /** False: it holds a command that isn't among the updates, and must be refused whole. */
  readonly isRead: boolean;
  /** Whether the pusher shows text from here. */
  readonly sideBand: boolean;
  readonly body: Buffer;
}

interface Run {
  readonly service: GitService;
  readonly args?: readonly string[];
  readonly settings?: readonly string[];
  readonly protocol?: string | undefined;
}

function start(directory: string, { service, args = [], settings = [], protocol }: Run) {
  const command = service === "git-upload-pack" ? "upload-pack" : "receive-pack";
  const configured = settings.flatMap((setting) => ["-c", setting]);
  const child = spawn("git", [...configured, command, "--stateless-rpc", ...args, directory], {
    env: { ...gitEnvironment(), ...(protocol ? { GIT_PROTOCOL: protocol } : {}) },
    stdio: ["pipe", "pipe", "ignore"],
  });
  // A git that ends early closes its input: what it has said until then is its answer.
  child.stdin.on("error", () => undefined);
  const failed = new Promise<never>((_resolve, reject) => child.on("error", reject));
  return { child, failed };
}

async function runToEnd(directory: string, run: Run, input: Buffer | undefined): Promise<Buffer> {
  const { child, failed } = start(directory, run);
  child.stdin.end(input);
  return Promise.race([buffer(child.stdout), failed]);
}

/** `git-protocol: version=2` or nothing: it becomes an environment variable, so nothing else passes. */
function protocolOf(request: IncomingMessage): string | undefined {
  const value = request.headers["git-protocol"];
  return typeof value === "string" && /^version=[012]$/.test(value) ? value : undefined;
}

/** A request's body, unpacked where it was packed. */
function bodyOf(request: IncomingMessage): Readable {
  if (!/^(x-)?gzip$/.test(request.headers["content-encoding"] ?? "")) return request;
  const unpacked = createGunzip();
  request.on("error", (error) => unpacked.destroy(error));
  return request.pipe(unpacked);
}

function head(response: ServerResponse, type: string): void {
  response.writeHead(200, { "content-type": type, "cache-control": "no-cache, max-age=0, must-revalidate" });
}

/** A repository's refs as a pusher is told them, before the first of them what this git can do. */
function pushAdvertisement(refs: ReadonlyMap<string, string>, capabilities: string): Buffer {
  const known = refs.size > 0 ? [...refs] : ([["capabilities^{}", ZERO_SHA]] as const);
  const lines = known.map(([ref, sha], index) => `${sha} ${ref}${index === 0 ? `\0${capabilities}` : ""}\n`);
  return Buffer.concat([...lines.map(packet), FLUSH]);
}

export function createSmartHttp() {
  /** What git says of every repository without refs, and in version 2 of every repository: by protocol. */
  const alike = new Map<string, Buffer>();
  /** What git says of itself to whoever pushes: the same for all repositories. */
  let capabilities: string | undefined;

  async function advertisementOf(service: GitService, directory: string, protocol: string | undefined) {
    const run = { service, args: ["--advertise-refs"], protocol };
    if (service === "git-receive-pack") {
      if (capabilities === undefined) {
        const [first = ""] = readPackets(await runToEnd(directory, run, undefined));
        capabilities = first.split("\0")[1]?.trim() ?? "";
      }
      return pushAdvertisement(readRefs(directory), capabilities);
    }
    if (protocol !== "version=2" && readRefs(directory).size > 0) return runToEnd(directory, run, undefined);
    const key = String(protocol);
    const known = alike.get(key) ?? (await runToEnd(directory, run, undefined));
    alike.set(key, known);
    return known;
  }

  return {
    /** Answers `GET …/info/refs?service=…`. */
    async advertise(service: GitService, directory: string, request: IncomingMessage, response: ServerResponse) {
      const protocol = service === "git-upload-pack" ? protocolOf(request) : undefined;
      const refs = await advertisementOf(service, directory, protocol);
      head(response, `application/x-${service}-advertisement`);
      response.end(protocol === "version=2" ? refs : Buffer.concat([packet(`# service=${service}\n`), FLUSH, refs]));
    },

    /** Answers `POST …/git-upload-pack`, a clone or a fetch; ends with the client that goes away. */
    async uploadPack(directory: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
      const { child, failed } = start(directory, { service: "git-upload-pack", protocol: protocolOf(request) });
      head(response, "application/x-git-upload-pack-result");
      response.on("close", () => child.kill());
      const input = pipeline(bodyOf(request), child.stdin).catch(() => undefined);
      await Promise.race([Promise.all([input, pipeline(child.stdout, response)]), failed]);
    },

    /**
     * Lets git take a push. The caller holds the repository's lock.
     *
     * @param forwardOnly updates that are refused where they aren't fast-forwards
     * @returns the refs that moved, as they did (what happened, not what was asked for), and git's answer to the pusher
     */
    async receivePack(directory: string, push: Push, forwardOnly: readonly RefUpdate[]) {
      const before = readRefs(directory);
      const settings = forwardOnly.length > 0 ? ["receive.denyNonFastForwards=true"] : [];
      const report = await runToEnd(directory, { service: "git-receive-pack", settings }, push.body);
      const after = readRefs(directory);
      const moved = push.updates
        .map(({ ref }) => ({ ref, before: before.get(ref) ?? ZERO_SHA, after: after.get(ref) ?? ZERO_SHA }))
        .filter((update) => update.before !== update.after);
      const rewound = forwardOnly.filter(({ ref }) => report.includes(`ng ${ref} non-fast-forward`));
      const notes = push.sideBand ? rewound.map(({ ref }) => band(2, `${forcedRefusal(ref)}\n`)) : [];
      return { moved, answer: Buffer.concat([...notes, report]) };
    },
  };
}

export type SmartHttp = ReturnType<typeof createSmartHttp>;

const forcedRefusal = (ref: string) =>
  `error: GH006: Protected branch update failed for ${ref}.\nerror: Cannot force-push to this branch`;

/** Reads the body of `POST …/git-receive-pack`. */
export async function readPush(request: IncomingMessage): Promise<Push> {
  const body = await buffer(bodyOf(request));
  const updates: RefUpdate[] = [];
  let sideBand = false;
  let isRead = true;
  for (const line of readPackets(body)) {
    const [command = "", capabilities = ""] = line.split("\0");
    // git takes either case: what isn't read here would be done unjudged.
    const match = /^([0-9a-f]{40}) ([0-9a-f]{40}) (\S.*?)\n?$/i.exec(command);
    if (match?.[1] && match[2] && match[3]) {
      updates.push({ before: match[1].toLowerCase(), after: match[2].toLowerCase(), ref: match[3] });
    } else if (!command.startsWith("shallow ")) isRead = false;
    sideBand ||= capabilities.includes("side-band-64k");
  }
  return { updates, isRead, sideBand, body };
}

export function answerPush(response: ServerResponse, answer: Buffer): void {
  head(response, "application/x-git-receive-pack-result");
  response.end(answer);
}

/** Answers a push of which nothing was taken. */
export function refusePush(response: ServerResponse, { updates, sideBand }: Push, reason: string): void {
  const report = Buffer.concat([
    packet("unpack ok\n"),
    ...updates.map(({ ref }) => packet(`ng ${ref} protected branch hook declined\n`)),
    FLUSH,
  ]);
  answerPush(response, sideBand ? Buffer.concat([band(2, `error: ${reason}\n`), band(1, report), FLUSH]) : report);
}
