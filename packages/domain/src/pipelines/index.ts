export { type DeployedVersion, deployActionOf, deployedVersion, digestOf } from "./deployments.ts";
export { ExecutionNotFoundError, PipelineUnavailableError } from "./errors.ts";
export { type ObserveDeps, observePipeline } from "./observe-pipeline.ts";
export type {
  Answer,
  ExecutionStore,
  ObservedAction,
  ObservedExecution,
  ObservedStage,
  Pipelines,
  WaitingApproval,
} from "./ports.ts";
export {
  getExecution,
  getTestReports,
  listExecutions,
  type PipelineDeps,
  readBuildLog,
  reportsOf,
  type ServiceOwners,
} from "./read-pipelines.ts";
export { combine, isTerminal } from "./status.ts";
export type {
  ActionKind,
  ActionView,
  ExecutionSummary,
  ExecutionView,
  LogChunk,
  RunStatus,
  StageView,
  TestReport,
} from "./views.ts";
