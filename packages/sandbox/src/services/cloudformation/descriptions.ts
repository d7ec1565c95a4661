import type * as sdk from "@aws-sdk/client-cloudformation";
import { expandTemplate, parameterSection, TemplateError, templateBody } from "@turnpike/cloudformation";
import type { Context } from "../../core/context.ts";
import { page } from "../../core/paging.ts";
import type { Operations } from "../../core/service.ts";
import { getChangeSet } from "./change-sets.ts";
import { parse } from "./definition.ts";
import { neededCapabilities, readSource } from "./prepare.ts";
import {
  type Definition,
  eventsOf,
  findStack,
  type ResourceRecord,
  resourceKey,
  resourcesOf,
  resourcesOfStack,
  type StackRecord,
  stacksOf,
  type TemplateSource,
  uuidOf,
  validationError,
} from "./records.ts";

export const descriptionOperations: Operations<typeof sdk> = {
  DescribeStackEvents(context, { StackName: name, NextToken: token }) {
    const stack = requireStack(context, name);
    const events = eventsOf(context.store)
      .list(`${uuidOf(stack.id)}/`)
      .reverse();
    // The newest first: the token's order must fall as the keys do.
    const falling = ({ key }: { key: string }) => String(10 ** 9 - Number(key.split("/").at(-1))).padStart(10, "0");
    const { items, nextToken } = page(events, falling, { token });
    const StackEvents = items.map(({ value: event }) => ({
      StackId: stack.id,
      EventId: event.id,
      StackName: stack.name,
      LogicalResourceId: event.logicalId,
      PhysicalResourceId: event.physicalId,
      ResourceType: event.type,
      Timestamp: new Date(event.at),
      ResourceStatus: event.status,
      ResourceStatusReason: event.reason,
      ResourceProperties: event.properties,
      ClientRequestToken: event.token,
    }));
    return { StackEvents, NextToken: nextToken };
  },

  DescribeStackResource(context, { StackName: name, LogicalResourceId: logicalId = "" }) {
    const stack = findStack(context, name);
    if (!stack) throw validationError(`Stack '${name}' does not exist`);
    const record = resourcesOf(context.store).get(resourceKey(stack.id, logicalId));
    if (!record) throw validationError(`Resource ${logicalId} does not exist for stack ${name}`);
    const { Timestamp, ...shown } = show(stack, record);
    return {
      StackResourceDetail: { ...shown, LastUpdatedTimestamp: Timestamp, Metadata: metadataOf(stack, logicalId) },
    };
  },

  DescribeStackResources(context, { StackName: name, LogicalResourceId: logicalId, PhysicalResourceId: physicalId }) {
    const stack = name === undefined ? ownerOf(context, physicalId) : findStack(context, name);
    if (!stack && name === undefined) throw validationError(`Stack for ${physicalId} does not exist`);
    if (!stack) throw validationError(`Stack with id ${name} does not exist`);
    const records = resourcesOfStack(context.store, stack.id).filter(
      (record) =>
        (logicalId === undefined || record.logicalId === logicalId) &&
        (physicalId === undefined || record.physicalId === physicalId),
    );
    if (logicalId !== undefined && records.length === 0) {
      throw validationError(`Resource ${logicalId} does not exist for stack ${name}`);
    }
    return { StackResources: records.map((record) => show(stack, record)) };
  },

  ListStackResources(context, { StackName: name, NextToken: token }) {
    const stack = findStack(context, name);
    if (!stack) throw validationError(`Stack with id ${name} does not exist`);
    const all = resourcesOfStack(context.store, stack.id);
    const { items, nextToken } = page(all, ({ logicalId }) => logicalId, { token });
    const StackResourceSummaries = items.map((record) => {
      const { Timestamp, StackId, StackName, ...shown } = show(stack, record);
      return { ...shown, LastUpdatedTimestamp: Timestamp };
    });
    return { StackResourceSummaries, NextToken: nextToken };
  },

  GetTemplate(context, { StackName: name, ChangeSetName: changeSet, TemplateStage: stage = "Original" }) {
    const stages = ["Original", "Processed"] as ("Original" | "Processed")[];
    if (name === undefined && changeSet === undefined) {
      throw validationError("StackName is required if ChangeSetName is not specified.");
    }
    if (name === undefined && !changeSet?.startsWith("arn:"))
      throw validationError("StackName is a required parameter.");
    if (changeSet === undefined && !findStack(context, name))
      throw validationError(`Stack with id ${name} does not exist`);
    const definition =
      changeSet === undefined
        ? definitionOf(requireStack(context, name))
        : getChangeSet(context, { ChangeSetName: changeSet, StackName: name }).definition;
    const { template } = definition;
    if (stage === "Original") return { TemplateBody: template.text, StagesAvailable: stages };
    const parsed = parse(template.text, template.name);
    if (parsed.transforms.length === 0) return { TemplateBody: template.text, StagesAvailable: stages };
    const parameters = new Map(Object.entries(definition.parameters));
    const expanded = expandTemplate(parsed, parameters, { region: context.region });
    return {
      TemplateBody: JSON.stringify(templateBody(expanded, parameterSection(expanded))),
      StagesAvailable: stages,
    };
  },

  async GetTemplateSummary(context, input) {
    const stack = input.StackName === undefined ? undefined : requireStack(context, input.StackName);
    if (stack?.status === "REVIEW_IN_PROGRESS") {
      throw validationError("GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks.");
    }
    const source = stack ? definitionOf(stack).template : await readSource(context, input);
    if (!source) throw validationError("Either Template URL or Template Body must be specified.");
    const { parsed, needed, types } = summarise(context, source);
    return {
      ...needed,
      Parameters: [...parsed.parameters].map(([key, parameter]) => ({
        ParameterKey: key,
        DefaultValue: parameter.defaultValue,
        ParameterType: parameter.type,
        NoEcho: parameter.noEcho,
        Description: parameter.description,
        ParameterConstraints: parameter.allowedValues ? { AllowedValues: [...parameter.allowedValues] } : {},
      })),
      Description: parsed.description,
      ResourceTypes: types,
      ResourceIdentifierSummaries: types.map((ResourceType) => ({
        ResourceType,
        LogicalResourceIds: [...parsed.resources].flatMap(([id, { type }]) => (type === ResourceType ? [id] : [])),
      })),
      Version: "2010-09-09",
      Metadata: parsed.metadata ? JSON.stringify(parsed.metadata) : undefined,
      DeclaredTransforms: [...parsed.transforms],
    };
  },

  async ValidateTemplate(context, input) {
    const source = await readSource(context, input);
    if (!source) throw validationError("Either Template URL or Template Body must be specified.");
    const { parsed, needed } = summarise(context, source);
    return {
      ...needed,
      Parameters: [...parsed.parameters].map(([key, parameter]) => ({
        ParameterKey: key,
        DefaultValue: parameter.defaultValue,
        NoEcho: parameter.noEcho,
        Description: parameter.description,
      })),
      Description: parsed.description,
      DeclaredTransforms: [...parsed.transforms],
    };
  },
};

/** The stack that a physical resource belongs to. */
function ownerOf(context: Context, physicalId: string | undefined): StackRecord | undefined {
  if (physicalId === undefined) throw validationError("Either StackName or PhysicalResourceId must be specified.");
  return stacksOf(context.store)
    .list()
    .map(({ value }) => value)
    .filter(({ status }) => status !== "DELETE_COMPLETE")
    .find((stack) => resourcesOfStack(context.store, stack.id).some((record) => record.physicalId === physicalId));
}

function requireStack(context: Context, name: string | undefined): StackRecord {
  if (name === undefined) throw validationError("StackName is a required parameter.");
  const stack = findStack(context, name);
  if (stack) return stack;
  throw validationError(`Stack [${name}] does not exist`);
}

const definitionOf = (stack: StackRecord): Definition => stack.deployed ?? stack.definition;

/** Without parameters a transform can't be applied; what it would make counts only where it can. */
function summarise(context: Context, source: TemplateSource) {
  const parsed = parse(source.text, source.name);
  const types = [...new Set([...parsed.resources.values()].map(({ type }) => type))];
  let { capabilities, types: reasons } = neededCapabilities(parsed);
  if (parsed.transforms.length > 0) {
    try {
      const defaults = new Map([...parsed.parameters].map(([key, { defaultValue = "0" }]) => [key, defaultValue]));
      ({ capabilities, types: reasons } = neededCapabilities(
        expandTemplate(parsed, defaults, { region: context.region }),
      ));
    } catch (error) {
      // Placeholders may break a parameter's rules; that says nothing about the template.
      if (!(error instanceof TemplateError)) throw error;
    }
    capabilities = [...capabilities, "CAPABILITY_AUTO_EXPAND"];
  }
  const needed = {
    Capabilities: capabilities.length > 0 ? (capabilities as ("CAPABILITY_IAM" | "CAPABILITY_NAMED_IAM")[]) : undefined,
    CapabilitiesReason:
      reasons.length > 0 ? `The following resource(s) require capabilities: [${reasons.join(", ")}]` : undefined,
  };
  return { parsed, needed, types };
}

function metadataOf(stack: StackRecord, logicalId: string): string | undefined {
  const { text, name } = definitionOf(stack).template;
  const metadata = parse(text, name).resources.get(logicalId)?.metadata;
  return metadata ? JSON.stringify(metadata) : undefined;
}

function show(stack: StackRecord, record: ResourceRecord) {
  return {
    StackName: stack.name,
    StackId: stack.id,
    LogicalResourceId: record.logicalId,
    PhysicalResourceId: record.physicalId,
    ResourceType: record.type,
    Timestamp: new Date(record.at),
    ResourceStatus: record.status,
    ResourceStatusReason: record.statusReason,
    DriftInformation: { StackResourceDriftStatus: "NOT_CHECKED" as const },
  };
}
