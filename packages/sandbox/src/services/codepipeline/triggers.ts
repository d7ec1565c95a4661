import type { Context, ServiceRuntime } from "../../core/context.ts";
import { pipelines } from "./records.ts";
import type { Start } from "./transitions.ts";

const NO_COMMIT = /^0+$/;

/**
 * Starts an execution of every pipeline whose source follows the branch that was pushed to: unless it says otherwise,
 * `DetectChanges` is on. The execution gets the pushed commit, not whatever the branch names by then. Answers the
 * function that ends the watch.
 */
export function watchPushes(
  runtime: ServiceRuntime,
  begin: (context: Context, pipeline: string, start: Start) => void,
): () => void {
  return runtime.signals.on("github.push", ({ repository, ref, after }) => {
    if (!ref.startsWith("refs/heads/") || NO_COMMIT.test(after)) return;
    const branch = ref.slice("refs/heads/".length);
    for (const { account, region } of runtime.scopes()) {
      const context = runtime.contextFor(account, region);
      for (const { value: pipeline } of pipelines(context).list()) {
        const sources = (pipeline.declaration.stages?.[0]?.actions ?? []).filter(
          ({ actionTypeId, configuration = {} }) =>
            actionTypeId?.provider === "CodeStarSourceConnection" &&
            configuration.FullRepositoryId === repository &&
            configuration.BranchName === branch &&
            configuration.DetectChanges !== "false",
        );
        const [first] = sources;
        if (!first) continue;
        begin(context, pipeline.name, {
          trigger: { type: "WebhookV2", detail: first.configuration?.ConnectionArn ?? "" },
          overrides: Object.fromEntries(sources.map(({ name }) => [name ?? "", after])),
        });
      }
    }
  });
}
