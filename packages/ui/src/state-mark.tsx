import { clsx } from "clsx";
import {
  CircleCheck,
  CircleDashed,
  CircleQuestionMark,
  Hand,
  LoaderCircle,
  OctagonX,
  TriangleAlert,
} from "lucide-react";
import { type State, stateLabels } from "./state.ts";

/** A shape for each state, so that it reads in black and white. */
const icons = {
  healthy: CircleCheck,
  attention: TriangleAlert,
  failing: OctagonX,
  "in-progress": LoaderCircle,
  "waiting-for-person": Hand,
  unknown: CircleQuestionMark,
  idle: CircleDashed,
} as const satisfies Record<State, unknown>;

const inks: Record<State, string> = {
  healthy: "text-healthy",
  attention: "text-attention",
  failing: "text-failing",
  "in-progress": "text-progress",
  "waiting-for-person": "text-person",
  unknown: "text-unknown",
  idle: "text-muted",
};

const softs: Record<State, string> = {
  healthy: "bg-healthy-soft",
  attention: "bg-attention-soft",
  failing: "bg-failing-soft",
  "in-progress": "bg-progress-soft",
  "waiting-for-person": "bg-person-soft",
  unknown: "bg-unknown-soft",
  idle: "bg-unknown-soft",
};

interface StateProps {
  state: State;
  /** What to call it here; the state's own name otherwise. */
  label?: string | undefined;
  className?: string | undefined;
}

/** The shape alone. `label` is read out; pass an empty one when the words stand beside it. */
export function StateIcon({ state, label = stateLabels[state], className }: StateProps) {
  const Icon = icons[state];
  return (
    <Icon
      size={16}
      strokeWidth={2}
      className={clsx("shrink-0", inks[state], state === "in-progress" && "animate-spin", className)}
      {...(label ? { role: "img", "aria-label": label } : { "aria-hidden": true })}
    />
  );
}

/** Shape and words, in a line of text. */
export function StateMark({ state, label = stateLabels[state], className }: StateProps) {
  return (
    <span className={clsx("inline-flex items-center gap-1.5 whitespace-nowrap", className)}>
      <StateIcon state={state} label="" />
      <span>{label}</span>
    </span>
  );
}

/** Shape and words on a tint: for the one state that a heading is about. */
export function StateBadge({ state, label = stateLabels[state], className }: StateProps) {
  return (
    <span
      className={clsx(
        "inline-flex items-center gap-1.5 whitespace-nowrap rounded-full px-2.5 py-0.5 font-medium text-sm",
        inks[state],
        softs[state],
        className,
      )}
    >
      <StateIcon state={state} label="" />
      {label}
    </span>
  );
}

/** Text colour of a state. */
export function stateInk(state: State): string {
  return inks[state];
}

/** Background tint of a state. */
export function stateSoft(state: State): string {
  return softs[state];
}
