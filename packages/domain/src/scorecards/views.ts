import type { RuleView } from "../standards/index.ts";

/** How many rules stand how. What isn't decided never counts as kept. */
export interface Standing {
  readonly pass: number;
  readonly warn: number;
  readonly block: number;
  readonly waived: number;
  readonly notDecided: number;
}

export interface PillarStanding extends Standing {
  readonly pillar: string;
}

/** How a service stood at one commit. */
export interface ScorecardPoint {
  readonly commit: string;
  readonly judgedAt: Date;
  readonly standing: Standing;
}

/** A change that somebody asked for, on its way to being a pull request. */
export interface FixView {
  readonly rule: string;
  /** Head of the branch when it was asked for. */
  readonly base: string;
  readonly status: "waiting" | "opened" | "failed";
  readonly requestedBy: string;
  readonly requestedAt: Date;
  /** The pull request, once it is there. */
  readonly url: string | undefined;
  readonly error: string | undefined;
}

/** A repository as the platform's standards see it. */
export interface Scorecard {
  /** Name of the service, or of the imported repository. */
  readonly name: string;
  readonly owner: string;
  /** `acme/orders` */
  readonly repository: string;
  /** Undefined until it was judged for the first time. */
  readonly commit: string | undefined;
  readonly judgedAt: Date | undefined;
  /** Why it couldn't be judged at the last look. */
  readonly problem: string | undefined;
  readonly rules: readonly RuleView[];
  readonly standing: Standing;
  readonly pillars: readonly PillarStanding[];
  /** One for each commit that was judged, the oldest first, at most 50. */
  readonly history: readonly ScorecardPoint[];
  readonly fixes: readonly FixView[];
  /** Whether the person may ask for fixes. */
  readonly mayFix: boolean;
}

export interface ScorecardSummary {
  readonly name: string;
  readonly owner: string;
  /** Whether Turnpike made it, or it was imported. */
  readonly kind: "service" | "repository";
  readonly commit: string | undefined;
  readonly judgedAt: Date | undefined;
  readonly problem: string | undefined;
  readonly standing: Standing;
}

/** A rule over the fleet. */
export interface RuleStanding {
  readonly id: string;
  readonly pillar: string;
  readonly title: string;
  /** Names of those that don't keep it. */
  readonly failing: readonly string[];
  /** How many it applies to. */
  readonly of: number;
}

export interface TeamStanding {
  readonly team: string;
  readonly services: number;
  readonly standing: Standing;
}

export interface FleetStandards {
  /** The worst first. */
  readonly services: readonly ScorecardSummary[];
  /** The most often broken first; none that everyone keeps. */
  readonly rules: readonly RuleStanding[];
  readonly teams: readonly TeamStanding[];
}
