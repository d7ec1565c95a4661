import type { ObservedAction, ObservedExecution } from "./ports.ts";

/** What an execution put into an environment. */
export interface DeployedVersion {
  readonly commit: string;
  readonly title: string;
  readonly artifactDigest: string | undefined;
  readonly at: Date;
  readonly executionId: string;
  /** The stack's outputs: `Endpoint`, `FunctionName`, `LogGroupName` … */
  readonly outputs: Readonly<Record<string, string>>;
}

/** The stage that deploys to an environment: `dev` ↔ `Dev`. */
function stageOf(execution: ObservedExecution, environment: string) {
  return execution.stages.find(({ name }) => name.toLowerCase() === environment);
}

export function deployActionOf(execution: ObservedExecution, environment: string): ObservedAction | undefined {
  return stageOf(execution, environment)
    ?.groups.flat()
    .find(({ kind }) => kind === "deploy");
}

/** The artifact's digest, as the platform's own build action exported it. */
export function digestOf(execution: ObservedExecution): string | undefined {
  for (const stage of execution.stages) {
    for (const { outputs } of stage.groups.flat()) {
      const digest = outputs.ARTIFACT_DIGEST;
      if (digest) return digest.startsWith("sha256:") ? digest : `sha256:${digest}`;
    }
  }
  return undefined;
}

/**
 * What runs in an environment: the newest deployment that succeeded.
 *
 * @param executions of one service, in any order
 */
export function deployedVersion(
  executions: readonly ObservedExecution[],
  environment: string,
): DeployedVersion | undefined {
  let newest: DeployedVersion | undefined;
  for (const execution of executions) {
    const action = deployActionOf(execution, environment);
    const at = action?.endedAt;
    if (action?.status !== "succeeded" || !at || !execution.commit || (newest && newest.at >= at)) continue;
    newest = {
      commit: execution.commit.sha,
      title: execution.commit.title,
      artifactDigest: digestOf(execution),
      at,
      executionId: execution.id,
      outputs: action.outputs,
    };
  }
  return newest;
}
