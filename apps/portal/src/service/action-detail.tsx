import type { ActionView } from "@turnpike/domain/pipelines";
import { absoluteTime, buttonClass, Card, CardHeader, Copyable, Facts, Notice, StateMark } from "@turnpike/ui";
import Link from "next/link";
import type { ReactNode } from "react";
import { partsOf } from "../frame/parts-of.ts";
import { actionKinds, runs } from "../present/states.ts";
import { BuildLog } from "./build-log.tsx";

/** The chosen action: what it did, why it failed, and its log. */
export function ActionDetail({
  service,
  action,
  title,
  releaseId,
}: {
  service: string;
  action: ActionView;
  title: string;
  releaseId: string | undefined;
}) {
  const { state, label } = runs[action.status];
  const facts: (readonly [string, ReactNode])[] = [
    ["Kind", actionKinds[action.kind]],
    ...(action.startedAt ? [["Started", absoluteTime(action.startedAt)] as const] : []),
    ...(action.endedAt ? [["Ended", absoluteTime(action.endedAt)] as const] : []),
    ...(action.accountId ? [["Account", <Copyable key="v" text={action.accountId} label="account" />] as const] : []),
    ...(action.buildId ? [["Build", <Copyable key="v" text={action.buildId} label="build id" />] as const] : []),
    ...(action.summary ? [["Summary", action.summary] as const] : []),
  ];
  const error = action.error ? partsOf(action.error) : undefined;
  return (
    <Card aria-labelledby="action">
      <CardHeader
        id="action"
        title={title.replace("/", " › ")}
        actions={<StateMark state={state} label={label} className="text-sm" />}
      />
      <div className="flex flex-col gap-4 p-4">
        <Facts facts={facts} />
        {error && (
          <Notice state="failing" title={error.happened}>
            {error.rest}
          </Notice>
        )}
        {action.kind === "approval" && releaseId && (
          <Link href={`/releases/${releaseId}`} className={`${buttonClass({ variant: "primary" })} self-start`}>
            Review release
          </Link>
        )}
      </div>
      {action.buildId && <BuildLog key={action.buildId} service={service} buildId={action.buildId} />}
    </Card>
  );
}
