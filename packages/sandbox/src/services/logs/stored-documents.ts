import type * as sdk from "@aws-sdk/client-cloudwatch-logs";
import type { QueryDefinition, ResourcePolicy } from "@aws-sdk/client-cloudwatch-logs";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { page } from "../../core/paging.ts";
import type { Operations } from "../../core/service.ts";
import { notThere } from "./metric-filters.ts";
import { invalid } from "./records.ts";

const policies = (context: Context) => context.collection<ResourcePolicy & { policyName: string }>("resource-policies");
const definitions = (context: Context) => context.collection<QueryDefinition & { name: string }>("query-definitions");
const MOST_POLICIES = 10;

/** What is kept for others to find: resource policies (which nothing here asks) and saved queries. */
export const storedDocumentOperations: Operations<typeof sdk> = {
  PutResourcePolicy(context, { policyName = "", policyDocument = "", resourceArn }) {
    if (resourceArn !== undefined) throw notThere("resource policies of single resources");
    try {
      JSON.parse(policyDocument);
    } catch {
      throw invalid("The policy document is not valid JSON.");
    }
    if (!policies(context).get(policyName) && policies(context).list().length >= MOST_POLICIES) {
      throw new AwsError("LimitExceededException", "Resource limit exceeded.");
    }
    const lastUpdatedTime = context.clock.now().getTime();
    const policy = { policyName, policyDocument, lastUpdatedTime, policyScope: "ACCOUNT" as const };
    policies(context).put(policyName, policy);
    return { resourcePolicy: policy };
  },

  DescribeResourcePolicies(context, { limit, nextToken: token }) {
    const all = policies(context)
      .list()
      .map(({ value }) => value);
    const { items, nextToken } = page(all, ({ policyName }) => policyName, { token, size: limit ?? 50 });
    const shown = items.map((policy) => ({ ...policy, policyDocument: normalised(policy.policyDocument ?? "") }));
    return { resourcePolicies: shown, nextToken };
  },

  DeleteResourcePolicy(context, { policyName = "" }) {
    if (!policies(context).delete(policyName)) {
      throw new AwsError("ResourceNotFoundException", `Policy with name [${policyName}] does not exist.`);
    }
    return {};
  },

  PutQueryDefinition(
    context,
    { queryDefinitionId, name = "", queryString = "", logGroupNames, queryLanguage, parameters },
  ) {
    if (parameters?.length) throw notThere("saved queries with parameters");
    if (queryLanguage !== undefined && queryLanguage !== "CWLI") throw notThere(`queries in ${queryLanguage}`);
    if (queryDefinitionId !== undefined && !definitions(context).get(queryDefinitionId)) {
      throw new AwsError("ResourceNotFoundException", "The specified query definition does not exist.");
    }
    const id = queryDefinitionId ?? context.random.uuid();
    const lastModified = context.clock.now().getTime();
    const record = { queryDefinitionId: id, name, queryString, logGroupNames: logGroupNames ?? [], lastModified };
    definitions(context).put(id, { ...record, queryLanguage: "CWLI" });
    return { queryDefinitionId: id };
  },

  DescribeQueryDefinitions(context, { queryDefinitionNamePrefix = "", maxResults, nextToken: token }) {
    const all = definitions(context)
      .list()
      .map(({ value }) => value)
      .filter(({ name }) => name.startsWith(queryDefinitionNamePrefix));
    const { items, nextToken } = page(all, (one) => one.queryDefinitionId ?? "", { token, size: maxResults ?? 1000 });
    return { queryDefinitions: items, nextToken };
  },

  DeleteQueryDefinition(context, { queryDefinitionId = "" }) {
    if (definitions(context).delete(queryDefinitionId)) return { success: true };
    throw new AwsError("ResourceNotFoundException", "The specified query definition does not exist.");
  },
};

/** As IAM keeps policies: with a version, and one of a kind without its list. */
function normalised(text: string): string {
  const { Version = "2008-10-17", ...policy } = JSON.parse(text) as { Version?: string };
  const plain = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.length === 1 ? plain(value[0]) : value.map(plain);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]));
  };
  const { Statement, ...others } = plain(policy) as { Statement?: unknown };
  return JSON.stringify({ Version, ...others, Statement: [Statement].flat() });
}
