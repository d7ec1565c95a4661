import { existsSync, readFileSync } from "node:fs";
import { Ajv, type ValidateFunction } from "ajv";
import addFormats from "ajv-formats";
import { descriptionFile } from "./download.ts";

/** Judges answers and webhooks by GitHub's description of them. */

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type Fields = { readonly [key: string]: Json };

interface Content {
  readonly content?: { readonly "application/json"?: { readonly schema: Fields } };
}
interface Operation {
  readonly responses?: Readonly<Record<string, Content & { readonly $ref?: string }>>;
  readonly requestBody?: Content;
}
interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly "x-webhooks": Readonly<Record<string, { readonly post: Operation }>>;
  readonly components: { readonly schemas: Fields; readonly responses: Readonly<Record<string, Content>> };
}

/** What a description of OpenAPI 3.0 says, in JSON Schema: there `nullable` is a type of its own. */
function toJsonSchema(node: Json): Json {
  if (Array.isArray(node)) return node.map(toJsonSchema);
  if (node === null || typeof node !== "object") return node;
  const { nullable, ...rest } = node as Fields;
  const converted = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, toJsonSchema(value)]));
  return nullable === true ? { anyOf: [{ type: "null" }, converted] } : converted;
}

export interface Judge {
  /** What is wrong with an answer, in a line; undefined when nothing is. @param address path of the request's URL */
  answer(method: string, address: string, status: number, body: unknown): string | undefined;
  /** What is wrong with a webhook's payload. */
  webhook(event: string, payload: unknown): string | undefined;
}

/** Where the description is mistaken: it wants an installation's account to be a person and an enterprise at once. */
const corrections: Readonly<Record<string, Fields>> = {
  "GET /app/installations 200": { type: "array", items: { $ref: "#/components/schemas/installation" } },
};

/** `{path}`, `{ref}` and `{basehead}` hold slashes; a path may be left out. */
const patternOf = (path: string) =>
  new RegExp(
    `^${path
      .replace("/{path}", "(/.*)?")
      .replace(/\{(ref|basehead)\}/g, ".+")
      .replace(/\{\w+\}/g, "[^/]+")}$`,
  );

const literalLength = (path: string) => path.replace(/\{\w+\}/g, "").length;

/** Undefined where the description couldn't be fetched. */
export function openJudge(): Judge | undefined {
  if (!existsSync(descriptionFile)) return undefined;
  const described = JSON.parse(readFileSync(descriptionFile, "utf8")) as Description;
  const { components } = described;
  const ajv = new Ajv({ strict: false, allErrors: true, logger: false });
  addFormats.default(ajv);
  // GitHub's own bots have addresses that aren't: `turnpike[bot]@users.noreply.github.com`.
  ajv.addFormat("email", true);
  ajv.addSchema({ $id: "github", components: toJsonSchema({ schemas: components.schemas }) });
  const compiled = new Map<object, ValidateFunction>();
  const routes = Object.entries(described.paths)
    // What is written out stands before what a parameter could be.
    .sort(([a], [b]) => literalLength(b) - literalLength(a))
    .map(([path, operations]) => ({ path, pattern: patternOf(path), operations }));

  function judge(what: string, schema: Fields, value: unknown): string | undefined {
    let validate = compiled.get(schema);
    if (!validate) {
      const text = JSON.stringify(toJsonSchema(schema)).replaceAll('"#/components/', '"github#/components/');
      validate = ajv.compile(JSON.parse(text) as object);
      compiled.set(schema, validate);
    }
    if (validate(value)) return undefined;
    const errors = (validate.errors ?? []).slice(0, 6);
    return `${what}: ${errors.map(({ instancePath, message }) => `${instancePath || "/"} ${message}`).join("; ")}`;
  }

  return {
    answer(method, address, status, body) {
      const route = routes.find(({ pattern, operations }) => pattern.test(address) && operations[method.toLowerCase()]);
      // What the sandbox lacks it says by a status that GitHub never gives.
      if (status === 501) return undefined;
      if (!route) return `${method} ${address} isn't an operation of GitHub's`;
      const what = `${method} ${route.path} ${status}`;
      const given = route.operations[method.toLowerCase()]?.responses?.[String(status)];
      const response = given?.$ref ? components.responses[given.$ref.split("/").at(-1) ?? ""] : given;
      if (!response && status < 400) return `${what} isn't an answer of GitHub's`;
      const errors = components.schemas[status === 422 ? "validation-error" : "basic-error"] as Fields;
      const schema =
        corrections[what] ?? response?.content?.["application/json"]?.schema ?? (status < 400 ? undefined : errors);
      if (!schema) return body === undefined ? undefined : `${what} has a body`;
      // GitHub writes some of its errors without the list of what is wrong.
      if (status === 422 && (body as Fields).errors === undefined) {
        return judge(what, components.schemas["basic-error"] as Fields, body);
      }
      return judge(what, schema, body);
    },
    webhook(event, payload) {
      const { action } = payload as { action?: string };
      const name = [event, action].filter(Boolean).join("-").replaceAll("_", "-");
      const schema = described["x-webhooks"][name]?.post.requestBody?.content?.["application/json"]?.schema;
      return schema ? judge(`webhook ${name}`, schema, payload) : `webhook ${name} isn't one of GitHub's`;
    },
  };
}
