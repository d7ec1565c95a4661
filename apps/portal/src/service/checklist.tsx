import type { ServiceProgress } from "@turnpike/domain/scaffolding";
import { Elapsed, Flash, Hash, StateIcon } from "@turnpike/ui";
import { partsOf } from "../frame/parts-of.ts";
import { steps } from "../present/states.ts";

/** What is made for a new service, step by step; each done step links to the thing it made. */
export function Checklist({ progress }: { progress: ServiceProgress }) {
  return (
    <ol aria-label={`Steps of creating ${progress.service}`} className="flex flex-col divide-y divide-line">
      {progress.steps.map((step) => {
        const { state, label } = steps[step.status];
        const error = step.error ? partsOf(step.error) : undefined;
        return (
          <li key={step.key}>
            <Flash watch={step.status} className="flex min-h-12 items-start gap-3 px-4 py-3">
              <StateIcon state={state} label={label} className="mt-0.5" />
              <div className="min-w-0 flex-1">
                <p className="flex flex-wrap items-baseline gap-x-3">
                  {step.href && step.status === "done" ? (
                    <a href={step.href} className="prose-link font-medium">
                      {step.title}
                    </a>
                  ) : (
                    <span className={step.status === "waiting" ? "text-muted" : "font-medium"}>{step.title}</span>
                  )}
                  {step.startedAt && step.status !== "waiting" && (
                    <span className="text-muted text-sm tabular-nums">
                      <Elapsed from={step.startedAt} to={step.finishedAt} />
                    </span>
                  )}
                </p>
                {step.detail && <StepDetail detail={step.detail} />}
                {error && (
                  <div role="alert" className="mt-1 break-words text-sm">
                    <p className="font-medium text-failing">{error.happened}</p>
                    <p>{error.rest}</p>
                    {step.final && <p className="text-muted">It is not tried again by itself.</p>}
                  </div>
                )}
              </div>
            </Flash>
          </li>
        );
      })}
    </ol>
  );
}

/** What a step made; a commit in short, as everywhere else. */
function StepDetail({ detail }: { detail: string }) {
  if (/^[0-9a-f]{40}$/.test(detail)) return <Hash value={detail} label="commit" />;
  return <p className="break-words text-muted text-sm">{detail}</p>;
}
