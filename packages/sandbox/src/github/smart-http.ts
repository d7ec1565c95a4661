import { spawn } from "node:child_process";
import type { IncomingMessage, ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { gitEnvironment, readRefs } from "./git.ts";
import { ZERO_SHA } from "./records.ts";

/** The two services of git's smart HTTP protocol. Source: https://git-scm.com/docs/http-protocol */
export type GitService = "git-upload-pack" | "git-receive-pack";

/** What a push asks for: one line of its command list. */
export interface RefUpdate {
  readonly ref: string;
  readonly before: string;
  readonly after: string;
}

const packet = (text: string | Buffer) => {
  const data = Buffer.from(text);
  return Buffer.concat([Buffer.from((data.length + 4).toString(16).padStart(4, "0")), data]);
};
const FLUSH = Buffer.from("0000");

/** Runs a git service on one request, streaming its output; resolves when it has ended. */
function run(
  service: GitService,
  args: readonly string[],
  directory: string,
  protocol: string | undefined,
  input: Buffer | undefined,
  output: (chunk: Buffer) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const env = { ...gitEnvironment(), ...(protocol ? { GIT_PROTOCOL: protocol } : {}) };
    const command = service === "git-upload-pack" ? "upload-pack" : "receive-pack";
    const child = spawn("git", [command, "--stateless-rpc", ...args, directory], {
      env,
      stdio: ["pipe", "pipe", "ignore"],
    });
    child.stdout.on("data", output);
    child.on("error", reject);
    child.on("close", () => resolve());
    // A client that went away closes the pipe early: the end of the process tells enough.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}

function head(response: ServerResponse, type: string): void {
  response.writeHead(200, { "content-type": type, "cache-control": "no-cache, max-age=0, must-revalidate" });
}

/** `git-protocol: version=2` or nothing: it becomes an environment variable, so nothing else passes. */
function protocolOf(request: IncomingMessage): string | undefined {
  const value = request.headers["git-protocol"];
  return typeof value === "string" && /^version=[012]$/.test(value) ? value : undefined;
}

/** Answers `GET …/info/refs?service=…`. */
export async function advertiseRefs(
  service: GitService,
  directory: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const protocol = service === "git-upload-pack" ? protocolOf(request) : undefined;
  head(response, `application/x-${service}-advertisement`);
  if (protocol !== "version=2") response.write(Buffer.concat([packet(`# service=${service}\n`), FLUSH]));
  await run(service, ["--advertise-refs"], directory, protocol, undefined, (chunk) => response.write(chunk));
  response.end();
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const body = await buffer(request);
  return request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
}

/** Answers `POST …/git-upload-pack`: a clone or a fetch. */
export async function uploadPack(directory: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await bodyOf(request);
  head(response, "application/x-git-upload-pack-result");
  await run("git-upload-pack", [], directory, protocolOf(request), body, (chunk) => response.write(chunk));
  response.end();
}

/** The ref updates at the head of a push's body. */
export function refUpdatesOf(body: Buffer): { updates: RefUpdate[]; sideBand: boolean } {
  const updates: RefUpdate[] = [];
  let sideBand = false;
  for (let offset = 0; offset + 4 <= body.length; ) {
    const length = Number.parseInt(body.toString("latin1", offset, offset + 4), 16);
    if (!(length >= 4)) break;
    const [command = "", capabilities = ""] = body.toString("utf8", offset + 4, offset + length).split("\0");
    const match = /^([0-9a-f]{40}) ([0-9a-f]{40}) (\S.*?)\n?$/.exec(command);
    if (match?.[1] && match[2] && match[3]) updates.push({ before: match[1], after: match[2], ref: match[3] });
    sideBand ||= capabilities.includes("side-band-64k");
    offset += length;
  }
  return { updates, sideBand };
}

function refuse(response: ServerResponse, updates: readonly RefUpdate[], reason: string, sideBand: boolean): void {
  const report = Buffer.concat([
    packet("unpack ok\n"),
    ...updates.map(({ ref }) => packet(`ng ${ref} protected branch hook declined\n`)),
    FLUSH,
  ]);
  head(response, "application/x-git-receive-pack-result");
  if (!sideBand) {
    response.end(report);
    return;
  }
  const band = (number: number, data: Buffer | string) =>
    packet(Buffer.concat([Buffer.from([number]), Buffer.from(data)]));
  response.end(Buffer.concat([band(2, `error: ${reason}\n`), band(1, report), FLUSH]));
}

/**
 * Answers `POST …/git-receive-pack`: a push. The caller holds the repository's lock.
 *
 * @param refusal why an update is not allowed, or undefined
 * @returns the refs that moved, as they did
 */
export async function receivePack(
  directory: string,
  request: IncomingMessage,
  response: ServerResponse,
  refusal: (update: RefUpdate) => string | undefined,
  moved: (updates: RefUpdate[]) => Promise<void>,
): Promise<void> {
  const body = await bodyOf(request);
  const { updates, sideBand } = refUpdatesOf(body);
  const reason = updates.map(refusal).find((found) => found !== undefined);
  if (reason) {
    refuse(response, updates, reason, sideBand);
    return;
  }
  const before = readRefs(directory);
  const answer: Buffer[] = [];
  await run("git-receive-pack", [], directory, undefined, body, (chunk) => answer.push(chunk));
  const after = readRefs(directory);
  // What happened, not what was asked for; recorded before the pusher hears of it.
  const happened = updates
    .map(({ ref }) => ({ ref, before: before.get(ref) ?? ZERO_SHA, after: after.get(ref) ?? ZERO_SHA }))
    .filter((update) => update.before !== update.after);
  await moved(happened);
  head(response, "application/x-git-receive-pack-result");
  response.end(Buffer.concat(answer));
}
