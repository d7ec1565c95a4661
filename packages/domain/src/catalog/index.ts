export { type CatalogDeps, getService, listServices } from "./read-catalog.ts";
export type { Health, Lane, ServiceDetail, ServiceSummary } from "./views.ts";
