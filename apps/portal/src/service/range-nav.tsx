import { clsx } from "clsx";
import { StayLink } from "../frame/stay-link.tsx";
import { ranges } from "./telemetry-query.ts";

interface Choice {
  readonly label: string;
  readonly href: string;
  readonly current: boolean;
}

/** One of a few, as links: the choice is part of the address. */
function ChoiceNav({ label, choices }: { label: string; choices: readonly Choice[] }) {
  return (
    <nav aria-label={label} className="w-fit">
      <ul className="flex rounded-card border border-control bg-card">
        {choices.map((choice) => (
          <li key={choice.href} className="border-control not-first:border-l">
            <StayLink
              href={choice.href}
              aria-current={choice.current ? "true" : undefined}
              className={clsx(
                "inline-flex h-8 items-center px-3 text-sm focus-visible:-outline-offset-2",
                choice.current ? "bg-accent-soft font-medium text-accent" : "text-muted hover:text-text",
              )}
            >
              {choice.label}
            </StayLink>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** How far back. */
export function RangeNav({ minutes, hrefOf }: { minutes: number; hrefOf: (minutes: number) => string }) {
  return (
    <ChoiceNav
      label="Time range"
      choices={ranges.map((range) => ({
        label: range.label,
        href: hrefOf(range.minutes),
        current: range.minutes === minutes,
      }))}
    />
  );
}

/** The environment and how far back, for a page that shows one environment at a time. */
export function EnvironmentNav({
  lanes,
  environment,
  minutes,
  hrefOf,
}: {
  lanes: readonly { readonly environment: string }[];
  environment: string;
  minutes: number;
  hrefOf: (changed: { environment?: string; minutes?: string }) => string;
}) {
  return (
    <>
      <ChoiceNav
        label="Environment"
        choices={lanes.map((lane) => ({
          label: lane.environment,
          href: hrefOf({ environment: lane.environment }),
          current: lane.environment === environment,
        }))}
      />
      <RangeNav minutes={minutes} hrefOf={(each) => hrefOf({ minutes: String(each) })} />
    </>
  );
}
