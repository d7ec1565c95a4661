import {
  CreateLogStreamCommand,
  DeleteLogStreamCommand,
  DeleteMetricFilterCommand,
  DeleteQueryDefinitionCommand,
  DeleteResourcePolicyCommand,
  DeleteSubscriptionFilterCommand,
  type MetricTransformation,
  PutMetricFilterCommand,
  PutQueryDefinitionCommand,
  PutResourcePolicyCommand,
  PutSubscriptionFilterCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { isObject, type JsonObject } from "@turnpike/cloudformation";
import { defineProvider, type ProviderCall } from "../provider.ts";
import { createOnce, document, list, number, object, present, text, texts } from "./values.ts";

const logStream = defineProvider({
  type: "AWS::Logs::LogStream",
  properties: ["LogGroupName", "LogStreamName"],
  required: ["LogGroupName"],
  takesTags: false,
  async create(call) {
    const logStreamName = text(call.properties.LogStreamName) ?? call.name(512);
    const names = { logGroupName: text(call.properties.LogGroupName), logStreamName };
    await createOnce(call, () => call.send(new CreateLogStreamCommand(names)));
    return { physicalId: logStreamName, attributes: {} };
  },
  async remove(call, { physicalId: logStreamName, properties }) {
    await call.send(new DeleteLogStreamCommand({ logGroupName: text(properties.LogGroupName), logStreamName }));
  },
});

const metricFilter = defineProvider({
  type: "AWS::Logs::MetricFilter",
  properties: [
    ...["ApplyOnTransformedLogs", "EmitSystemFieldDimensions", "FieldSelectionCriteria"],
    ...["FilterName", "FilterPattern", "LogGroupName", "MetricTransformations"],
  ],
  required: ["FilterPattern", "LogGroupName", "MetricTransformations"],
  takesTags: false,
  async create(call) {
    const name = text(call.properties.FilterName) ?? call.name(512);
    await putMetricFilter(call, name);
    return { physicalId: name, attributes: {} };
  },
  async update(call, { physicalId }) {
    await putMetricFilter(call, physicalId);
    return { physicalId, attributes: {} };
  },
  async remove(call, { physicalId: filterName, properties }) {
    await call.send(new DeleteMetricFilterCommand({ logGroupName: text(properties.LogGroupName), filterName }));
  },
});

async function putMetricFilter({ send, properties }: ProviderCall, filterName: string): Promise<void> {
  const fieldSelectionCriteria = text(properties.FieldSelectionCriteria);
  await send(
    new PutMetricFilterCommand({
      filterName,
      logGroupName: text(properties.LogGroupName),
      filterPattern: text(properties.FilterPattern),
      metricTransformations: list(properties.MetricTransformations).map((given) => transformation(object(given))),
      ...(properties.ApplyOnTransformedLogs === true ? { applyOnTransformedLogs: true } : {}),
      ...(fieldSelectionCriteria === undefined ? {} : { fieldSelectionCriteria }),
      ...(properties.EmitSystemFieldDimensions
        ? { emitSystemFieldDimensions: texts(properties.EmitSystemFieldDimensions) }
        : {}),
    }),
  );
}

function transformation(given: JsonObject): MetricTransformation {
  const dimensions = list(given.Dimensions).flatMap((one) =>
    isObject(one) ? [[text(one.Key) ?? "", text(one.Value) ?? ""] as const] : [],
  );
  return present({
    metricName: text(given.MetricName),
    metricNamespace: text(given.MetricNamespace),
    metricValue: text(given.MetricValue),
    defaultValue: number(given.DefaultValue),
    unit: text(given.Unit) as "None" | undefined,
    dimensions: dimensions.length > 0 ? Object.fromEntries(dimensions) : undefined,
  }) as MetricTransformation;
}

const subscriptionFilter = defineProvider({
  type: "AWS::Logs::SubscriptionFilter",
  properties: ["DestinationArn", "Distribution", "FilterName", "FilterPattern", "LogGroupName", "RoleArn"],
  required: ["DestinationArn", "FilterPattern", "LogGroupName"],
  takesTags: false,
  async create(call) {
    const name = text(call.properties.FilterName) ?? call.name(512);
    await putSubscription(call, name);
    return { physicalId: name, attributes: {} };
  },
  async update(call, { physicalId }) {
    await putSubscription(call, physicalId);
    return { physicalId, attributes: {} };
  },
  async remove(call, { physicalId: filterName, properties }) {
    await call.send(new DeleteSubscriptionFilterCommand({ logGroupName: text(properties.LogGroupName), filterName }));
  },
});

async function putSubscription({ send, properties }: ProviderCall, filterName: string): Promise<void> {
  const input = {
    filterName,
    logGroupName: text(properties.LogGroupName),
    filterPattern: text(properties.FilterPattern),
    destinationArn: text(properties.DestinationArn),
  };
  const further = present({
    roleArn: text(properties.RoleArn),
    distribution: text(properties.Distribution) as "ByLogStream" | undefined,
  });
  await send(new PutSubscriptionFilterCommand({ ...input, ...further }));
}

const queryDefinition = defineProvider({
  type: "AWS::Logs::QueryDefinition",
  properties: ["LogGroupNames", "Name", "QueryLanguage", "QueryString"],
  required: ["Name", "QueryString"],
  takesTags: false,
  async create(call) {
    const id = call.existing ?? (await putQuery(call));
    call.initiated(id);
    return { physicalId: id, attributes: { QueryDefinitionId: id } };
  },
  async update(call, { physicalId }) {
    await putQuery(call, physicalId);
    return { physicalId, attributes: { QueryDefinitionId: physicalId } };
  },
  async remove(call, { physicalId: queryDefinitionId }) {
    await call.send(new DeleteQueryDefinitionCommand({ queryDefinitionId }));
  },
});

async function putQuery({ send, properties }: ProviderCall, queryDefinitionId?: string): Promise<string> {
  const { queryDefinitionId: id = "" } = await send(
    new PutQueryDefinitionCommand({
      name: text(properties.Name),
      queryString: text(properties.QueryString),
      logGroupNames: texts(properties.LogGroupNames),
      ...(queryDefinitionId === undefined ? {} : { queryDefinitionId }),
      ...(properties.QueryLanguage === undefined ? {} : { queryLanguage: text(properties.QueryLanguage) as "CWLI" }),
    }),
  );
  return id;
}

const resourcePolicy = defineProvider({
  type: "AWS::Logs::ResourcePolicy",
  properties: ["PolicyDocument", "PolicyName"],
  required: ["PolicyDocument", "PolicyName"],
  takesTags: false,
  create: putPolicy,
  update: putPolicy,
  async remove(call, { physicalId: policyName }) {
    await call.send(new DeleteResourcePolicyCommand({ policyName }));
  },
});

async function putPolicy({ send, properties }: ProviderCall) {
  const policyName = text(properties.PolicyName) ?? "";
  await send(new PutResourcePolicyCommand({ policyName, policyDocument: document(properties.PolicyDocument) }));
  return { physicalId: policyName, attributes: {} };
}

export const logProviders = [logStream, metricFilter, subscriptionFilter, queryDefinition, resourcePolicy];
