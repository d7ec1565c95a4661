import type { Context } from "../../core/context.ts";
import { announce } from "./announce.ts";
import { type BuildRecord, type PhaseRecord, placeOf, showBuild } from "./records.ts";

/*
 * What CodeBuild tells EventBridge.
 * https://docs.aws.amazon.com/codebuild/latest/userguide/sample-build-notifications-ref.html
 */

export function announceState(context: Context, record: BuildRecord): void {
  announce(context, {
    source: "aws.codebuild",
    type: "CodeBuild Build State Change",
    resource: record.arn,
    detail: {
      "build-status": record.status,
      "project-name": record.project,
      "build-id": record.arn,
      "additional-information": information(context, record),
      "current-phase": record.currentPhase,
      "current-phase-context": contextOf(record.phases.findLast(({ endedAt }) => endedAt !== undefined)),
      version: "1",
    },
  });
}

export function announcePhase(context: Context, record: BuildRecord, phase: PhaseRecord): void {
  const [startMs, endMs] = [Date.parse(phase.startedAt), Date.parse(phase.endedAt ?? phase.startedAt)];
  announce(context, {
    source: "aws.codebuild",
    type: "CodeBuild Build Phase Change",
    resource: record.arn,
    detail: {
      "completed-phase": phase.type,
      "project-name": record.project,
      "build-id": record.arn,
      "completed-phase-context": contextOf(phase),
      "completed-phase-status": phase.status,
      "completed-phase-duration-seconds": Math.round((endMs - startMs) / 1000),
      "completed-phase-start": readable(phase.startedAt),
      "completed-phase-end": readable(phase.endedAt ?? phase.startedAt),
      "additional-information": information(context, record),
      version: "1",
    },
  });
}

function information(context: Context, record: BuildRecord): object {
  const build = showBuild(context, record);
  return {
    artifact: { location: placeOf(record.artifacts) },
    environment: {
      image: record.environment.image,
      "privileged-mode": record.environment.privilegedMode ?? false,
      "compute-type": record.environment.computeType,
      type: record.environment.type,
      "environment-variables": build.environment?.environmentVariables,
    },
    "timeout-in-minutes": record.timeoutInMinutes,
    "build-complete": build.buildComplete,
    "build-number": record.number,
    initiator: record.initiator,
    "build-start-time": readable(record.startedAt),
    "source-version": record.sourceVersion,
    source: { location: record.source.location, type: record.source.type },
    ...(build.logs
      ? {
          logs: {
            "group-name": build.logs.groupName,
            "stream-name": build.logs.streamName,
            "deep-link": build.logs.deepLink,
          },
        }
      : {}),
    phases: record.phases.map((phase) => ({
      "phase-type": phase.type,
      "start-time": readable(phase.startedAt),
      ...(phase.endedAt
        ? {
            "phase-context": [contextText(phase)],
            "end-time": readable(phase.endedAt),
            "duration-in-seconds": Math.round((Date.parse(phase.endedAt) - Date.parse(phase.startedAt)) / 1000),
            "phase-status": phase.status,
          }
        : {}),
    })),
  };
}

const contextOf = (phase: PhaseRecord | undefined) => (phase ? `[${contextText(phase)}]` : "[]");
const contextText = ({ statusCode = "", message = "" }: PhaseRecord) => `${statusCode}: ${message}`;

/** `Sep 1, 2017 4:12:29 PM`, in UTC: these events have dates for people. */
function readable(iso: string): string {
  return new Date(iso)
    .toLocaleString("en-US", { dateStyle: "medium", timeStyle: "medium", timeZone: "UTC" })
    .replaceAll("\u202f", " ")
    .replace(/(\d{4}),/, "$1");
}
