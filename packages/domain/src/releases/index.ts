export type {
  Decision,
  DecisionResult,
  ReleaseDetail,
  ReleaseStatus,
  ReleaseSummary,
  ResourceChange,
  Standing,
} from "./views.ts";
