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
