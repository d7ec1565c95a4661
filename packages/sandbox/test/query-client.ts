import type { Sandbox } from "../src/index.ts";
import { sign } from "./signing.ts";

/** A signed query request as SDKs made them before JSON: returns the answer's XML. */
export async function queryAs(
  sandbox: Sandbox,
  account: string,
  service: string,
  form: Record<string, string>,
): Promise<string> {
  const body = new URLSearchParams(form).toString();
  const { host } = new URL(sandbox.awsUrl);
  const { headers } = sign({ key: sandbox.credentials(account), host, service, body });
  const response = await fetch(sandbox.awsUrl, {
    method: "POST",
    body,
    headers: { ...headers, "content-type": "application/x-www-form-urlencoded; charset=utf-8" },
  });
  return response.text();
}
