import * as sdk from "@aws-sdk/client-codebuild";
import { defineService, type ServiceDefinition } from "../../core/service.ts";
import { buildOperations } from "./builds.ts";
import { type EngineSettings, startEngine } from "./engine.ts";
import { projectOperations } from "./projects.ts";
import { reportOperations } from "./report-operations.ts";

/**
 * AWS CodeBuild. A build is real: its commands run as child processes of this machine, in an own process group and a
 * clean environment, with the project's role as their AWS identity, and their output goes to CloudWatch Logs as it comes.
 *
 * Supported: build specifications 0.2 (inline, override or file; variables, exported variables, shell sh and bash, the
 * four phases with `finally` and `on-failure`, JUnit reports, artifacts and secondary artifacts), sources CODEPIPELINE
 * (ZIP or full clone), S3 (ZIP), GITHUB and NO_SOURCE, timeouts, stopping, a queue, EventBridge events.
 * Gaps: no container, so image, compute type and runtime versions are only noted, and what the machine has is what a
 * build has; no Windows; `cache`, `batch` and `proxy` do nothing; parameter-store, secrets-manager, run-as, webhooks,
 * coverage reports, other sources and batch builds are refused by name.
 * https://docs.aws.amazon.com/codebuild/latest/APIReference/Welcome.html
 */
export function defineCodeBuild(settings: EngineSettings): ServiceDefinition {
  return defineService({
    sdk,
    client: "CodeBuildClient",
    operations: { ...projectOperations, ...buildOperations, ...reportOperations },
    // Which cases outside a suite CodeBuild reads from a JUnit file isn't written down: all are read.
    grades: { DescribeTestCases: "guessed" },
    start: (runtime) => startEngine(runtime, settings),
  });
}

export const codebuild = defineCodeBuild({ concurrentBuilds: 2, graceMs: 2000 });
