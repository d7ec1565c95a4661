import { clsx } from "clsx";
import { ArrowRight } from "lucide-react";
import type { LinkComponent } from "./link.ts";
import { Elapsed } from "./relative-time.tsx";
import { ScrollRegion } from "./scroll-region.tsx";
import type { State } from "./state.ts";
import { StateIcon } from "./state-mark.tsx";

export interface GraphAction {
  readonly name: string;
  readonly state: State;
  readonly label: string;
  /** What it does, in a word: "build", "approval". */
  readonly kind: string;
  readonly href: string;
  readonly selected: boolean;
  /** False for what waits for a person: its time says nothing about the others', and gets no bar. */
  readonly measured: boolean;
  readonly startedAt?: Date | undefined;
  readonly endedAt?: Date | undefined;
  readonly summary?: string | undefined;
}

export interface GraphStage {
  readonly name: string;
  readonly state: State;
  readonly label: string;
  /** Groups run one after the other; the actions of a group at the same time. */
  readonly groups: readonly (readonly GraphAction[])[];
}

function elapsedMs({ measured, startedAt, endedAt }: GraphAction): number {
  return measured && startedAt && endedAt ? endedAt.getTime() - startedAt.getTime() : 0;
}

const bars: Record<State, string> = {
  healthy: "bg-healthy",
  attention: "bg-attention",
  failing: "bg-failing",
  "in-progress": "bg-progress",
  "waiting-for-person": "bg-person",
  unknown: "bg-unknown",
  idle: "bg-unknown",
};

/**
 * Stages from left to right, their actions from top to bottom; on a phone everything from top to bottom. Each action
 * is one line with its duration, and a bar for its share of the longest.
 */
export function PipelineGraph({ stages, link: Link }: { stages: readonly GraphStage[]; link: LinkComponent }) {
  const longest = Math.max(1, ...stages.flatMap((stage) => stage.groups.flat().map(elapsedMs)));
  return (
    <ScrollRegion label="Stages" className="overflow-x-auto p-4">
      <ol className="flex flex-col gap-3 md:min-w-max md:flex-row md:items-stretch md:gap-0">
        {stages.map((stage, index) => (
          <li key={stage.name} className="flex min-w-0 flex-col md:flex-row md:items-stretch">
            {index > 0 && (
              <span aria-hidden className="hidden w-8 shrink-0 items-start justify-center pt-3 text-muted md:flex">
                <ArrowRight size={16} />
              </span>
            )}
            <section
              aria-label={`Stage ${stage.name}: ${stage.label}`}
              className="flex w-full min-w-0 flex-col rounded-card border border-line bg-sunken md:w-64"
            >
              <h3 className="flex h-10 items-center gap-2 border-line border-b px-3 font-semibold">
                <StateIcon state={stage.state} label="" />
                <span className="truncate">{stage.name}</span>
                <span className="ml-auto font-normal text-muted text-sm">{stage.label}</span>
              </h3>
              <ol className="flex flex-col gap-1.5 p-1.5">
                {stage.groups.map((group) => (
                  <li key={group.map(({ name }) => name).join(" ")}>
                    <ul
                      aria-label={group.length > 1 ? "At the same time" : undefined}
                      className={clsx("flex flex-col gap-1.5", group.length > 1 && "border-unknown border-l-2 pl-1.5")}
                    >
                      {group.map((action) => (
                        <li key={action.name} className="min-w-0">
                          <ActionLine action={action} share={elapsedMs(action) / longest} link={Link} />
                        </li>
                      ))}
                    </ul>
                  </li>
                ))}
              </ol>
            </section>
          </li>
        ))}
      </ol>
    </ScrollRegion>
  );
}

function ActionLine({ action, share, link: Link }: { action: GraphAction; share: number; link: LinkComponent }) {
  return (
    <Link
      href={action.href}
      aria-current={action.selected ? "true" : undefined}
      className={clsx(
        "flex min-h-11 flex-col justify-center gap-1 rounded-mark border px-2 py-1.5 hover:bg-hover",
        action.selected ? "border-accent bg-accent-soft" : "border-line bg-card",
      )}
    >
      <span className="flex min-w-0 items-center gap-2">
        <StateIcon state={action.state} label={action.label} />
        <span className="truncate font-medium">{action.name}</span>
        <span className="ml-auto shrink-0 text-muted text-sm tabular-nums">
          {action.startedAt &&
          (action.endedAt || action.state === "in-progress" || action.state === "waiting-for-person") ? (
            <Elapsed from={action.startedAt} to={action.endedAt} />
          ) : (
            action.label
          )}
        </span>
      </span>
      <span aria-hidden className="block h-1 overflow-hidden rounded-full bg-unknown-soft">
        <span className={clsx("block h-full rounded-full", bars[action.state])} style={{ width: `${share * 100}%` }} />
      </span>
    </Link>
  );
}
