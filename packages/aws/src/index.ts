export { type Accounts, type AwsSettings, createAccounts } from "./accounts.ts";
export { createChangeSets } from "./change-sets.ts";
export { type PipelineEvent, receiveEvents } from "./events.ts";
export { createPipelineStacks } from "./pipeline-stacks.ts";
export { createPipelines } from "./pipelines.ts";
export { createTelemetryReader } from "./telemetry.ts";
export { createVerifier } from "./verifier.ts";
