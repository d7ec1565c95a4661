export type { Health, Lane, ServiceDetail, ServiceSummary } from "./views.ts";
