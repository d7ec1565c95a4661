/** What a thing can be in. Health, pipelines and steps are all shown in these words. */
export type State =
  | "healthy"
  | "attention"
  | "failing"
  | "in-progress"
  | "waiting-for-person"
  | "unknown"
  /** Not begun, stopped or superseded: nothing to worry about and nothing to celebrate. */
  | "idle";

/** What a state is called when nobody has a better word for it. */
export const stateLabels: Readonly<Record<State, string>> = {
  healthy: "Healthy",
  attention: "Needs attention",
  failing: "Failing",
  "in-progress": "In progress",
  "waiting-for-person": "Waiting for a person",
  unknown: "Unknown",
  idle: "Idle",
};
