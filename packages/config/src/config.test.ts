import { expect, test } from "vitest";
import { ConfigError, loadConfig } from "./config.ts";

const complete = {
  DATABASE_URL: "postgresql://u:p@127.0.0.1:5432/db",
  PORTAL_URL: "http://127.0.0.1:3000/",
  AUTH_SECRET: "a-long-enough-secret",
  OIDC_ISSUER: "http://127.0.0.1:4569",
  OIDC_CLIENT_ID: "turnpike-portal",
  OIDC_CLIENT_SECRET: "a-long-enough-secret",
  GITHUB_APP_ID: "1",
  GITHUB_APP_PRIVATE_KEY_FILE: "/keys/app.pem",
  GITHUB_WEBHOOK_SECRET: "a-long-enough-secret",
  PLATFORM_REPOSITORY: "acme/platform",
  TURNPIKE_DATA_DIR: "/data",
  TEMPLATES_DIR: "/templates",
  PIPELINE_TEMPLATE: "/infra/service-pipeline.yaml",
  VERIFIER_FILE: "/verify.mjs",
  READER_EXTERNAL_ID: "a-long-enough-secret",
  AWS_REGION: "eu-west-1",
};

test("github.com is the host when no other is named", () => {
  expect(loadConfig(complete).github).toMatchObject({ apiUrl: "https://api.github.com", url: "https://github.com" });
});

test("a trailing slash of a URL makes no difference", () => {
  expect(loadConfig(complete).portalUrl).toBe("http://127.0.0.1:3000");
});

test("a bad environment names every bad key and no value", () => {
  const { GITHUB_WEBHOOK_SECRET: _missing, ...rest } = complete;
  const load = () => loadConfig({ ...rest, AUTH_SECRET: "hunter2", AWS_REGION: "Ireland" });
  expect(load).toThrow(ConfigError);
  expect(load).toThrow(/GITHUB_WEBHOOK_SECRET is missing/);
  expect(load).toThrow(/AUTH_SECRET is malformed/);
  expect(load).toThrow(/AWS_REGION is malformed/);
  expect(load).not.toThrow(/hunter2/);
});
