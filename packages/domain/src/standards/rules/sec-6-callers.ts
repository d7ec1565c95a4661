import { intrinsicOf, isEqual, isObject, type Json, type JsonObject } from "@turnpike/cloudformation";
import { branchesOf, memberOf, membersOf } from "../branches.ts";
import { contractIn } from "../contract.ts";
import { type Fix, type Found, type Rule, verdictOf } from "../rule.ts";
import type { Item, Subject } from "../subject.ts";
import { resourceOf } from "../targets.ts";

const METHODS = ["get", "put", "post", "delete", "head", "patch", "x-amazon-apigateway-any-method"];
const NAMES: Record<string, string> = { "x-amazon-apigateway-any-method": "any" };

const isStated = (value: Json | undefined) =>
  branchesOf(value).every(({ value: each }) => each !== undefined && each !== "NONE" && each !== "");

/** Operations of an OpenAPI document that ask nobody who they are: `GET /orders`. */
function openOperations(body: JsonObject): string[] {
  const paths = membersOf(body.paths).flatMap(({ value }) => (isObject(value) ? Object.entries(value) : []));
  return paths.flatMap(([path, given]) =>
    membersOf(given).flatMap(({ value: item }) =>
      METHODS.flatMap((method) => {
        const operation = memberOf(item, method);
        if (operation === undefined) return [];
        const security = membersOf(memberOf(operation, "security"));
        const schemes = security.flatMap(({ value }) => (isObject(value) ? Object.keys(value) : []));
        const isKnown =
          schemes.length > 0 && !schemes.includes("NONE") && !security.some(({ value }) => isEqual(value, {}));
        return isKnown
          ? []
          : [`${(NAMES[method] ?? method).toUpperCase()} ${path === "/$default" ? "$default" : path}`];
      }),
    ),
  );
}

/** Where the API has one authorizer and doesn't ask it: by default it shall. */
function fixOf({ source }: Item): Fix | undefined {
  const { Auth: auth } = source.properties;
  const authorizers = memberOf(auth, "Authorizers");
  const names = isObject(authorizers) && !intrinsicOf(authorizers) ? Object.keys(authorizers) : [];
  const [name] = names;
  if (source.type !== "AWS::Serverless::HttpApi" || name === undefined || names.length > 1) return undefined;
  if (memberOf(auth, "DefaultAuthorizer") !== undefined) return undefined;
  const edits = [{ path: [...source.path, "Auth", "DefaultAuthorizer"], value: name }];
  return { summary: `Ask ${name} on every route that says nothing else`, edits };
}

function judgeDocument(subject: Subject, item: Item): Found {
  const { Body: body, BodyS3Location: location, BodyLocation: file } = item.properties;
  const name = subject.expanded.originOf(item.id);
  const unread = { look: `The security of each operation of ${name}: its document isn't in the template.` };
  if (location !== undefined || file !== undefined) return [unread];
  return branchesOf(body).flatMap(({ value }): Found => {
    if (value === undefined) return [];
    if (!isObject(value) || intrinsicOf(value) || Object.keys(value).some((key) => key.startsWith("Fn::")))
      return [unread];
    const open = openOperations(value).filter((operation) => !isMeantForAll(subject, operation));
    if (open.length === 0) return [];
    if (value.security !== undefined) {
      return [
        {
          look: `Whether API Gateway asks callers of ${open.join(", ")} of ${name}: only the document as a whole says so.`,
        },
      ];
    }
    const fix = fixOf(item);
    const message = `Anyone may call ${open.join(", ")} of ${name}.`;
    return [{ resource: item.id, at: item.path, message, ...(fix && { fix }) }];
  });
}

/** Whether the contract says in so many words that an operation asks nobody. */
const isMeantForAll = ({ files }: Subject, operation: string): boolean =>
  contractIn(files ?? new Map())?.operations.some(({ name, isForAll }) => isForAll && name === operation) ?? false;

const isPrivate = ({ properties }: Item) =>
  membersOf(memberOf(properties.EndpointConfiguration, "Types")).some(({ value }) => value === "PRIVATE");

function judge(subject: Subject, item: Item): Found {
  const { type, properties, path } = item;
  const api = resourceOf(subject, properties.ApiId ?? properties.RestApiId);
  const open = (at: string, message: string): Found => [{ resource: item.id, at: [...path, at], message }];
  switch (type) {
    case "AWS::ApiGatewayV2::Api":
      if (properties.Target !== undefined)
        return open("Target", `Anyone may call ${item.id}: its only route asks nobody.`);
      return judgeDocument(subject, item);
    case "AWS::ApiGateway::RestApi":
      return isPrivate(item) ? [] : judgeDocument(subject, item);
    case "AWS::ApiGatewayV2::Route": {
      // Of a WebSocket API, only who connects is asked.
      const isMessage = api?.properties.ProtocolType === "WEBSOCKET" && properties.RouteKey !== "$connect";
      if (isMessage || isStated(properties.AuthorizationType)) return [];
      if (isMeantForAll(subject, String(properties.RouteKey))) return [];
      return open("AuthorizationType", `Anyone may call ${String(properties.RouteKey)} (${item.id}).`);
    }
    case "AWS::ApiGateway::Method": {
      // Browsers ask by OPTIONS before they may say who they are.
      if (properties.HttpMethod === "OPTIONS" || (api && isPrivate(api))) return [];
      if (isStated(properties.AuthorizationType)) return [];
      return open("AuthorizationType", `Anyone may call ${String(properties.HttpMethod)} of ${item.id}.`);
    }
    case "AWS::Lambda::Url":
      return isStated(properties.AuthType) ? [] : open("AuthType", `Anyone may call ${item.source.id} by its URL.`);
    default:
      return [];
  }
}

const TYPES = [
  "AWS::ApiGatewayV2::Api",
  "AWS::ApiGatewayV2::Route",
  "AWS::ApiGateway::RestApi",
  "AWS::ApiGateway::Method",
  "AWS::Lambda::Url",
];

/**
 * An operation that shall be open says so in the contract (`security: []`), or has a waiver, which says why; an API key is
 * no authorizer. Private REST APIs aren't meant.
 * Who callers are is for a person to say; only an authorizer that is there and isn't asked has a fix.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control.html
 */
export const callers: Rule = {
  id: "SEC-6",
  pillar: "security",
  title: "A public API says how callers are known",
  reason:
    "A route without an authorizer answers everyone who finds its address. That may be wanted, and then the contract or a waiver says so, and nobody has to guess.",
  effect: "warn",
  check(subject) {
    const items = TYPES.flatMap((type) => subject.items(type));
    return verdictOf(items, (item) => judge(subject, item));
  },
};
