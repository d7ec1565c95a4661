export { type LoadedTemplate, loadTemplate, loadTemplates, type TemplateResult } from "./template.ts";
export { createTemplates, type RenderedFile, TemplateRenderError, type TemplateValues } from "./templates.ts";
