import type { Standing } from "@turnpike/domain/scorecards";
import { StateIcon } from "@turnpike/ui";
import { clsx } from "clsx";
import { outcomes, parts, standingWords } from "./outcomes.ts";

const fills: Record<(typeof parts)[number]["key"], string> = {
  block: "bg-failing",
  warn: "bg-attention",
  notDecided: "bg-unknown",
  waived: "bg-control",
  pass: "bg-healthy",
};

/** A standing as a bar of its parts; the words are in its name. */
export function StandingBar({ standing, className }: { standing: Standing; className?: string }) {
  return (
    <span
      role="img"
      aria-label={standingWords(standing)}
      title={standingWords(standing)}
      className={clsx("flex h-1.5 min-w-16 gap-px overflow-hidden rounded-full bg-sunken", className)}
    >
      {parts.map(({ key }) =>
        standing[key] > 0 ? <span key={key} className={fills[key]} style={{ flexGrow: standing[key] }} /> : null,
      )}
    </span>
  );
}

/** The same in numbers, each with the shape of its state. */
export function StandingCounts({ standing, className }: { standing: Standing; className?: string }) {
  return (
    <span className={clsx("flex flex-wrap gap-x-4 gap-y-1 text-sm", className)}>
      {parts.map(({ key, outcome, word }) =>
        standing[key] > 0 ? (
          <span key={key} className="inline-flex items-center gap-1.5 whitespace-nowrap tabular-nums">
            <StateIcon state={outcomes[outcome].state} label="" />
            {standing[key]} {word}
          </span>
        ) : null,
      )}
    </span>
  );
}
