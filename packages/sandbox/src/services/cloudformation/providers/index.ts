import type { Provider } from "../provider.ts";
import { apiProviders } from "./api-gateway.ts";
import { scalingProviders } from "./application-auto-scaling.ts";
import { codeProviders } from "./code.ts";
import { deploymentProviders } from "./code-deploy.ts";
import { customResource } from "./custom-resource.ts";
import { tableProviders } from "./dynamodb.ts";
import { networkProviders } from "./ec2.ts";
import { routingProviders } from "./ec2-routing.ts";
import { securityGroupProviders } from "./ec2-security-groups.ts";
import { eventSourceProviders } from "./event-source-mapping.ts";
import { eventProviders } from "./events.ts";
import { iamProviders } from "./iam.ts";
import { userProviders } from "./iam-users.ts";
import { keyProviders } from "./kms.ts";
import { lambdaProviders } from "./lambda.ts";
import { functionProviders } from "./lambda-function.ts";
import { readers } from "./live.ts";
import { observabilityProviders } from "./observability.ts";
import { databaseProviders } from "./rds.ts";
import { databaseProxyProviders } from "./rds-proxy.ts";
import { bucketProviders } from "./s3.ts";
import { scheduleProviders } from "./scheduler.ts";
import { secretTargetProviders } from "./secret-target.ts";
import { secretProviders } from "./secrets-manager.ts";
import { topicProviders } from "./sns.ts";
import { queueProviders } from "./sqs.ts";
import { parameterProviders } from "./ssm.ts";
import { stateMachineProviders } from "./step-functions.ts";

/** A provider that doesn't read by itself may have a reader beside the others'. */
function withReader(provider: Provider): Provider {
  const read = provider.read ?? readers[provider.type];
  return read ? { ...provider, read } : provider;
}

const byType: ReadonlyMap<string, Provider> = new Map(
  [
    ...apiProviders,
    ...bucketProviders,
    ...codeProviders,
    customResource,
    ...databaseProviders,
    ...databaseProxyProviders,
    ...deploymentProviders,
    ...eventProviders,
    ...eventSourceProviders,
    ...functionProviders,
    ...iamProviders,
    ...keyProviders,
    ...lambdaProviders,
    ...networkProviders,
    ...observabilityProviders,
    ...parameterProviders,
    ...queueProviders,
    ...routingProviders,
    ...scalingProviders,
    ...scheduleProviders,
    ...secretProviders,
    ...secretTargetProviders,
    ...securityGroupProviders,
    ...stateMachineProviders,
    ...tableProviders,
    ...topicProviders,
    ...userProviders,
  ].map((provider) => [provider.type, withReader(provider)]),
);

export function providerOf(type: string): Provider | undefined {
  return byType.get(type) ?? (type.startsWith("Custom::") ? customResource : undefined);
}
