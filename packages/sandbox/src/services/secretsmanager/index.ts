import * as sdk from "@aws-sdk/client-secrets-manager";
import { defineService } from "../../core/service.ts";
import { lifecycleOperations } from "./lifecycle.ts";
import { randomPassword } from "./random-password.ts";
import { rotationOperations, timersOf } from "./rotation.ts";
import { secretsOf } from "./secrets.ts";
import { valueOperations } from "./values.ts";

/**
 * AWS Secrets Manager: values encrypted by the sandbox's KMS, versions and their staging labels, recovery windows that
 * end by the sandbox's clock, resource policies for other accounts, tags, filters, random passwords; rotation by a Lambda
 * function in its four steps, at once or on a schedule, taken up again after a restart.
 *
 * Gaps: no replicas in other regions (501), no managed rotation; a rotation that failed waits for its next turn, where
 * AWS tries again within hours; days of a rotation end at the hour of the last one, where AWS has the whole day; a
 * rotation's Duration is kept, without effect.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/
 */
export const secretsManager = defineService({
  sdk,
  client: "SecretsManagerClient",
  operations: { ...valueOperations, ...lifecycleOperations, ...rotationOperations, GetRandomPassword: randomPassword },
  policyOf(runtime, arn) {
    const [, , , region = "", account = ""] = arn.split(":");
    // Asked for by name, the ARN's last characters aren't known.
    const name = arn.split(":secret:")[1]?.replace(/-([A-Za-z0-9]{6}|\?{6})$/, "") ?? "";
    return secretsOf(runtime.storeOf(account, region)).get(name)?.policy;
  },
  start(runtime) {
    const timers = timersOf(runtime);
    return { stop: () => timers.stop() };
  },
});
