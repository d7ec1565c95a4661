import { isObject, type Json, type JsonObject, type Path } from "../json.ts";
import { checkCount } from "../parse.ts";
import { type FindingList, findingsOf, type Resource, type Template } from "../template.ts";
import { type Draft, type Expanded, Refusal, type Source, type Transform } from "./context.ts";
import { expandDeployments } from "./deployment.ts";
import { expandFunction } from "./function.ts";
import { checkGlobals, withGlobals } from "./globals.ts";
import { expandHttpApi } from "./http-api.ts";
import { HTTP_API, IMPLICIT_API, prepareHttpApis } from "./implicit-api.ts";
import { expandLayerVersion } from "./layer-version.ts";
import { DocumentError } from "./openapi.ts";
import { withRenames } from "./references.ts";
import { expandSimpleTable } from "./simple-table.ts";
import { expandStateMachine } from "./state-machine.ts";

const PREFIX = "AWS::Serverless::";

/** What each type becomes, in SAM's order: what has events comes before the APIs whose documents they write. */
const EXPANSIONS: readonly [
  string,
  (transform: Transform, source: Source, written: Resource | undefined) => Expanded,
][] = [
  [`${PREFIX}Function`, expandFunction],
  [`${PREFIX}StateMachine`, expandStateMachine],
  [HTTP_API, expandHttpApi],
  [`${PREFIX}SimpleTable`, expandSimpleTable],
  [
    `${PREFIX}LayerVersion`,
    (transform, source, written) =>
      expandLayerVersion(transform, source, written?.extra.DependsOn ?? [...source.dependsOn]),
  ],
];

/** What the expansion may put in the place of a resource of that name in the template, as SAM does. */
const REPLACES: Record<string, readonly string[]> = {
  "AWS::Lambda::Function": [`${PREFIX}Function`],
  "AWS::Lambda::LayerVersion": [`${PREFIX}LayerVersion`],
  "AWS::ApiGatewayV2::Api": [HTTP_API],
  "AWS::SNS::Topic": ["AWS::SNS::Topic"],
  "AWS::DynamoDB::Table": [`${PREFIX}SimpleTable`],
  "AWS::StepFunctions::StateMachine": [`${PREFIX}StateMachine`],
};

/**
 * Applies the transform AWS::Serverless-2016-10-31: functions, state machines, HTTP APIs, simple tables and layers.
 * Anything else that begins with `AWS::Serverless::`, and connectors, are refused by name and place. `parameters` are
 * values with defaults added; SAM needs them for the logical id of a version, which changes with the code's place.
 *
 * The result is what AWS's own translator makes, logical ids included; the tests compare them. What the translator lets
 * pass in silence and nothing reads (a misspelt member of a nested map, a parameter that a policy template hasn't, a
 * managed policy that isn't known here) is refused by name.
 * Raises `TemplateError` with every finding.
 */
export function expandServerless(template: Template, parameters: ReadonlyMap<string, string>): Template {
  const findings = findingsOf(template.positionOf);
  checkCount("Resources", template.resources.size + eventCount(template), findings);
  findings.raise();
  checkGlobals(template, findings);
  const conditions = new Map(template.conditions);
  const { sources, managed, refused } = readSources(template, conditions, findings);
  const transform: Transform = {
    template,
    parameters,
    sources,
    managedApis: managed,
    conditions,
    deployments: new Map(),
    findings,
  };
  const made = new Map<string, Resource>();
  const origins = new Map<string, string>();
  const ids = new Map<string, string>();
  const attributes = new Map<string, string>();
  const take = (origin: string, drafts: readonly Draft[]) => {
    for (const draft of drafts) {
      const existing = sources.get(draft.id);
      if (existing && !REPLACES[draft.type]?.includes(existing.type)) {
        const message = `Transforming resource with id [${origin}] attempts to create a new resource with id [${draft.id}] and type "${draft.type}". A resource with that id already exists within this template. Please use a different id for that resource.`;
        findings.add(["Resources", origin], message);
      }
      made.set(draft.id, resourceOf(draft));
      origins.set(draft.id, origin);
    }
  };
  for (const [type, expand] of EXPANSIONS) {
    for (const source of sources.values()) {
      if (source.type !== type || refused.has(source.id)) continue;
      const expanded = attempt(findings, source, () => expand(transform, source, template.resources.get(source.id)));
      if (!expanded) continue;
      take(source.id, expanded.drafts);
      if (expanded.renamedTo !== undefined) ids.set(source.id, expanded.renamedTo);
      for (const [name, referable] of Object.entries(expanded.referable)) {
        const last = expanded.drafts.findLast((draft) => draft.type === referable);
        if (last) attributes.set(`${source.id}.${name}`, last.id);
      }
    }
  }
  const [first] = transform.deployments.keys();
  if (first !== undefined) take(first, expandDeployments(transform));
  findings.raise();

  // What a function needs of an API that is made for it stands where the function is.
  const [user] = [...sources.values()].filter((source) => source.type === `${PREFIX}Function`);
  const resources = new Map<string, Resource>();
  for (const [id, resource] of template.resources) if (!resource.type.startsWith(PREFIX)) resources.set(id, resource);
  for (const [id, resource] of made) resources.set(id, resource);
  const originOf = (id: string) => {
    const origin = origins.get(id) ?? id;
    return origin === IMPLICIT_API && !template.resources.has(IMPLICIT_API) ? (user?.id ?? id) : origin;
  };
  const positionOf = (path: Path) => {
    const [section, id] = path;
    const origin = section === "Resources" && typeof id === "string" ? originOf(id) : id;
    return template.positionOf(origin === undefined || origin === id ? path : ["Resources", origin]);
  };
  const expanded = { ...template, transforms: [], globals: undefined, conditions, resources, positionOf, originOf };
  return withRenames(expanded, { attributes, ids });
}

/** How many events there are that make a resource each at least: more than a template may have is refused at once. */
function eventCount(template: Template): number {
  const events = [...template.resources.values()].flatMap(({ type, properties: { Events: given } }) =>
    type.startsWith(PREFIX) && isObject(given) ? Object.values(given) : [],
  );
  return events.filter((event) => isObject(event) && event.Type !== "HttpApi").length;
}

/** All resources with their globals, the implicit API among them. What can't be expanded at all is found here. */
function readSources(
  template: Template,
  conditions: Map<string, Json>,
  findings: FindingList,
): { sources: ReadonlyMap<string, Source>; managed: ReadonlySet<string>; refused: ReadonlySet<string> } {
  const supported = EXPANSIONS.map(([type]) => type);
  const globals: JsonObject | undefined = structuredClone(template.globals);
  const sources = new Map<string, Source>();
  /** What is wrong before it is expanded: found once is enough. */
  const refused = new Set<string>();
  for (const [id, resource] of template.resources) {
    const { type, condition, deletionPolicy, updateReplacePolicy, updatePolicy, metadata, dependsOn } = resource;
    if (type.startsWith(PREFIX) && !supported.includes(type)) {
      findings.add(["Resources", id, "Type"], `${type} (${id}) isn't supported.`);
    }
    if (resource.extra.Connectors !== undefined) {
      findings.add(["Resources", id, "Connectors"], `Connectors (of ${id}) aren't supported: write the policies.`);
    }
    sources.set(id, {
      id,
      type,
      properties: structuredClone(resource.properties),
      attributes: { condition, deletionPolicy, updateReplacePolicy, updatePolicy, metadata },
      dependsOn,
      path: ["Resources", id, "Properties"],
    });
  }
  const { api, managed } = prepareHttpApis(sources, globals, conditions, (source, event, message) => {
    const whole = `Resource with id [${source.id}] is invalid. Event with id [${event}] is invalid. ${message}`;
    findings.add([...source.path, "Events", event], whole);
    refused.add(source.id);
  });
  if (api) sources.set(api.id, api);
  for (const [id, source] of sources) {
    const resource = template.resources.get(id);
    const extra = resource?.extra ?? {};
    const properties = withGlobals(globals, { type: source.type, extra }, source.properties, (message) =>
      findings.add(["Resources", id, "IgnoreGlobals"], `Resource with id [${id}] is invalid. ${message}`),
    );
    sources.set(id, { ...source, properties });
  }
  return { sources, managed, refused };
}

/** Expands one resource; what ends that is found, and the others are still looked at. */
function attempt(findings: FindingList, source: Source, expand: () => Expanded): Expanded | undefined {
  try {
    return expand();
  } catch (error) {
    if (error instanceof Refusal) {
      findings.add(error.path.length > 0 ? error.path : ["Resources", source.id], error.message);
    } else if (error instanceof DocumentError) {
      const message = `Resource with id [${source.id}] is invalid. ${error.message}`;
      findings.add([...source.path, "DefinitionBody"], message);
    } else throw error;
    return undefined;
  }
}

function resourceOf({ type, properties, attributes, dependsOn }: Draft): Resource {
  const present = Object.entries(properties).filter((entry): entry is [string, Json] => entry[1] !== undefined);
  return { type, properties: Object.fromEntries(present), ...attributes, dependsOn, extra: {} };
}
