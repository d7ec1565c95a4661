export { type LoadedTemplate, loadTemplate, loadTemplates, type TemplateResult } from "./template.ts";
export { createTemplates, TemplateRenderError, type TemplateValues } from "./templates.ts";
export type { RenderedFile } from "./workspace.ts";
