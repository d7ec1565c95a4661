import { z } from "zod";

/** What a person sends to ask for a service. What it must be beyond its shape is the domain's to say, field by field. */
export const newService = z.object({
  template: z.string().max(100),
  name: z.string().max(200),
  owner: z.string().max(100),
  description: z.string().max(2000).default(""),
  parameters: z.record(z.string().max(100), z.unknown()).default({}),
});

export const decision = z
  .object({
    id: z.string().max(100),
    decision: z.enum(["approve", "reject"]),
    /** Of the release as the person saw it. */
    fingerprint: z.string().max(200),
    comment: z.string().max(1000).optional(),
  })
  .transform(({ id, comment, ...rest }) => ({ id, releaseId: id, ...rest, ...(comment ? { comment } : {}) }));

export const fixRequest = z.object({ name: z.string().max(100), rule: z.string().max(20) });

/** What each must be beyond its shape is the domain's to say. */
export const newImport = z.object({
  repository: z.string().max(300),
  owner: z.string().max(100),
  branch: z.string().max(300),
  template: z.string().max(600),
});

/** Between one minute and a week back. */
export const minutes = z.coerce.number().int().min(1).max(10_080);

export const telemetryQuery = z.object({
  name: z.string(),
  environment: z.string(),
  minutes: minutes.default(60),
  filter: z.string().max(200).optional(),
});
