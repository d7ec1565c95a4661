export type { Commit, Push, RenderedFile, Repository, RepositoryHost } from "./ports.ts";
export type {
  BrokenTemplate,
  FieldProblem,
  JsonSchema,
  NewService,
  Preview,
  PreviewFile,
  ServiceProgress,
  ServiceRequested,
  Step,
  StepKey,
  TemplateDetail,
  TemplateSummary,
} from "./views.ts";
export { stepKeys } from "./views.ts";
