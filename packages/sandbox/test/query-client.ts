import { createHash, createHmac } from "node:crypto";
import type { Sandbox } from "../src/index.ts";
import { REGION } from "./support.ts";

/** A signed query request as SDKs made them before JSON: returns the answer's XML. */
export async function queryAs(
  sandbox: Sandbox,
  account: string,
  service: string,
  form: Record<string, string>,
): Promise<string> {
  const { accessKeyId, secretAccessKey } = sandbox.credentials(account);
  const body = new URLSearchParams(form).toString();
  const { host } = new URL(sandbox.awsUrl);
  const at = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const scope = `${at.slice(0, 8)}/${REGION}/${service}/aws4_request`;
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
  const canonical = ["POST", "/", "", `host:${host}\nx-amz-date:${at}\n`, "host;x-amz-date", sha256(body)].join("\n");
  const toSign = ["AWS4-HMAC-SHA256", at, scope, sha256(canonical)].join("\n");
  let signature: Buffer = Buffer.from(`AWS4${secretAccessKey}`);
  for (const part of [...scope.split("/"), toSign]) signature = createHmac("sha256", signature).update(part).digest();
  const response = await fetch(sandbox.awsUrl, {
    method: "POST",
    body,
    headers: {
      "content-type": "application/x-www-form-urlencoded; charset=utf-8",
      "x-amz-date": at,
      authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=host;x-amz-date, Signature=${signature.toString("hex")}`,
    },
  });
  return response.text();
}
