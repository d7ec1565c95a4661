import {
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  type InputLogEvent,
  PutLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { BuildRecord } from "./records.ts";

/** How long a line waits for others to go with it: a reader sees a build nearly as it runs. */
const BATCH_MS = 100;
/** PutLogEvents' own limits are 10,000 events, 1 MiB a call with 26 bytes an event, and 256 KiB an event. */
const BATCH_EVENTS = 5000;
const BATCH_BYTES = 900_000;
const LONGEST_LINE = 60_000;
/** A build that writes faster than CloudWatch Logs takes is slowed down to its pace. */
const BACKLOG_BYTES = 8_000_000;

export interface BuildLog {
  /** Output of a command as it comes, in any pieces. Resolves when the next piece may come. */
  write(text: string): Promise<void>;
  /** A line of CodeBuild's own, `[Container] <date> <text>`, after what is left of a line without its end. */
  say(text: string): void;
  /** Resolves when everything was handed to CloudWatch Logs. */
  close(): Promise<void>;
}

/**
 * Opens the stream that a build's log goes to, and names it in the record; a build whose project turned its logs off has
 * none. A log that can't be written doesn't stop the build, as on AWS.
 */
export async function openBuildLog(context: Context, record: BuildRecord): Promise<BuildLog> {
  const settings = record.logsConfig?.cloudWatchLogs;
  if (settings?.status === "DISABLED") return silentLog;
  const groupName = settings?.groupName ?? `/aws/codebuild/${record.project}`;
  const streamName = settings?.streamName ? `${settings.streamName}/${record.uuid}` : record.uuid;
  try {
    await unlessThere(context.send(new CreateLogGroupCommand({ logGroupName: groupName })));
    await unlessThere(context.send(new CreateLogStreamCommand({ logGroupName: groupName, logStreamName: streamName })));
  } catch (error) {
    context.log("codebuild.no-log", { build: record.id, error: String(error) });
    return silentLog;
  }
  record.logs = { groupName, streamName };
  return startLog(context, groupName, streamName);
}

function startLog(context: Context, logGroupName: string, logStreamName: string): BuildLog {
  let line = "";
  let pending: InputLogEvent[] = [];
  let pendingBytes = 0;
  let backlog = 0;
  let sending: Promise<void> = Promise.resolve();
  let scheduled = false;
  let failed = false;

  const add = (message: string) => {
    pending.push({ message, timestamp: context.clock.now().getTime() });
    pendingBytes += Buffer.byteLength(message) + 26;
    if (pending.length >= BATCH_EVENTS || pendingBytes >= BATCH_BYTES) flush();
    else if (!scheduled) {
      scheduled = true;
      void context.clock.sleep(BATCH_MS).then(flush);
    }
  };
  const flush = () => {
    scheduled = false;
    if (pending.length === 0) return;
    const logEvents = pending;
    const bytes = pendingBytes;
    pending = [];
    pendingBytes = 0;
    backlog += bytes;
    sending = sending.then(async () => {
      try {
        if (!failed) await context.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents }));
      } catch (error) {
        failed = true;
        context.log("codebuild.log-failed", { logGroupName, logStreamName, error: String(error) });
      }
      backlog -= bytes;
    });
  };
  const endLine = () => {
    if (line) add(`${line}\n`);
    line = "";
  };

  return {
    async write(text) {
      const lines = (line + text).split("\n");
      line = lines.pop() ?? "";
      for (const whole of lines) for (const piece of pieces(whole)) add(`${piece}\n`);
      for (; line.length > LONGEST_LINE; line = line.slice(LONGEST_LINE)) add(`${line.slice(0, LONGEST_LINE)}\n`);
      if (backlog > BACKLOG_BYTES) await sending;
    },
    say(text) {
      endLine();
      const now = context.clock.now().toISOString();
      add(`[Container] ${now.slice(0, 10).replaceAll("-", "/")} ${now.slice(11, 23)} ${text}\n`);
    },
    async close() {
      endLine();
      flush();
      await sending;
    },
  };
}

function pieces(line: string): string[] {
  if (line.length <= LONGEST_LINE) return [line];
  return Array.from({ length: Math.ceil(line.length / LONGEST_LINE) }, (_, index) =>
    line.slice(index * LONGEST_LINE, (index + 1) * LONGEST_LINE),
  );
}

async function unlessThere(made: Promise<unknown>): Promise<void> {
  try {
    await made;
  } catch (error) {
    if (!(error instanceof AwsError && error.code === "ResourceAlreadyExistsException")) throw error;
  }
}

const silentLog: BuildLog = { write: async () => undefined, say: () => undefined, close: async () => undefined };
