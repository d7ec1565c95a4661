export { type EnsureDeps, ensureService, SERVICE_BRANCH } from "./ensure-service.ts";
export { RepositoryHostError, TemplateNotFoundError } from "./errors.ts";
export { problemOfName } from "./name.ts";
export { offerTemplates } from "./offer-templates.ts";
export type {
  Commit,
  PipelineStacks,
  Push,
  PushRange,
  RenderedFile,
  Repository,
  RepositoryHost,
  ServiceRequest,
  ServiceStore,
  StoredStep,
  Templates,
  TemplateValues,
} from "./ports.ts";
export { getServiceProgress, getTemplate } from "./read-scaffolding.ts";
export { previewService, type RequestDeps, requestService } from "./request-service.ts";
export type {
  BrokenTemplate,
  FieldProblem,
  JsonSchema,
  NewService,
  OfferedTemplate,
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
