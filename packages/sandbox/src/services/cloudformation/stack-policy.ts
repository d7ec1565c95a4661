import type * as sdk from "@aws-sdk/client-cloudformation";
import { matchesPattern } from "../../core/authorization/match.ts";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { parsePolicy } from "../../core/policy.ts";
import type { Operations } from "../../core/service.ts";
import { readSource } from "./prepare.ts";
import { findStack, stacksOf, validationError } from "./records.ts";

type Action = "Update:Modify" | "Update:Replace" | "Update:Delete";

const LONGEST = 16_384;
const ACTIONS = new Set(["Update:Modify", "Update:Replace", "Update:Delete", "Update:*"]);

/**
 * Stack policies: what an update may do to which resource. Without one everything is allowed; with one, what no statement
 * allows is denied. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html
 */
export const stackPolicyOperations: Operations<typeof sdk> = {
  async SetStackPolicy(context, input) {
    const stack = findStack(context, input.StackName);
    if (!stack || stack.status === "DELETE_COMPLETE")
      throw validationError(`Stack [${input.StackName}] does not exist`);
    const policy = await readStackPolicy(context, input.StackPolicyBody, input.StackPolicyURL);
    // The stack as it is now: reading the policy took a moment.
    const latest = stacksOf(context.store).get(stack.id) ?? stack;
    stacksOf(context.store).put(stack.id, { ...latest, stackPolicy: policy });
    return {};
  },

  GetStackPolicy(context, { StackName: name }) {
    const stack = findStack(context, name);
    if (!stack || stack.status === "DELETE_COMPLETE") throw validationError(`Stack [${name}] does not exist`);
    return { StackPolicyBody: stack.operation?.stackPolicy ?? stack.stackPolicy };
  },
};

/** A policy given as a body or, in S3, by URL; undefined when neither is given. Raises `ValidationError`. */
export async function readStackPolicy(
  context: Context,
  body: string | undefined,
  url: string | undefined,
): Promise<string | undefined> {
  if (body !== undefined && url !== undefined) {
    throw validationError("You cannot specify both StackPolicyURL and StackPolicyBody");
  }
  const text = body ?? (url === undefined ? undefined : (await readSource(context, { TemplateURL: url }))?.text);
  if (text === undefined) return undefined;
  if (text.length > LONGEST || !isValid(text))
    throw validationError("Error validating stack policy: Invalid stack policy");
  return text;
}

function isValid(text: string): boolean {
  try {
    if (text === "{}") return true;
    return parsePolicy(text).Statement.every(({ Action, NotAction, Principal, Resource, NotResource }) => {
      const actions = [Action ?? NotAction ?? []].flat();
      const isAction = actions.length > 0 && actions.every((action) => ACTIONS.has(action));
      return isAction && Principal === "*" && (Resource ?? NotResource) !== undefined;
    });
  } catch (error) {
    if (error instanceof AwsError) return false;
    throw error;
  }
}

/** Why the policy keeps an update from doing `action` to a resource; undefined when it doesn't. */
export function deniedByPolicy(
  policy: string | undefined,
  resource: { logicalId: string; type: string },
  action: Action,
): string | undefined {
  if (policy === undefined || policy === "{}") return undefined;
  let isAllowed = false;
  const { Statement: statements } = parsePolicy(policy);
  for (const [index, statement] of statements.entries()) {
    const { Effect, Action, NotAction, Resource, NotResource, Condition } = statement;
    const anyOf = (patterns: string | readonly string[] | undefined, text: string) =>
      [patterns ?? []].flat().some((pattern) => matchesPattern(pattern, text));
    const isAction = Action !== undefined ? anyOf(Action, action) : !anyOf(NotAction, action);
    const name = `LogicalResourceId/${resource.logicalId}`;
    const isResource = Resource !== undefined ? anyOf(Resource, name) : !anyOf(NotResource, name);
    const types = Condition?.StringEquals?.ResourceType ?? Condition?.StringLike?.ResourceType;
    if (!isAction || !isResource || (types !== undefined && !anyOf(types, resource.type))) continue;
    if (Effect === "Deny") {
      return `Action denied by stack policy: Statement [#${index + 1}] does not allow [${action}] for resource [${resource.logicalId}];`;
    }
    isAllowed = true;
  }
  return isAllowed
    ? undefined
    : `Action denied by stack policy: No statement allows [${action}] for resource [${resource.logicalId}]`;
}
