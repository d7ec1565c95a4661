import type { RandomSource } from "../../../core/context.ts";
import { RuntimeFailure } from "./failure.ts";
import { type Expression, INTRINSICS, parseIntrinsic } from "./intrinsics.ts";
import { clone, isObject, type Json } from "./json.ts";
import { find, require } from "./json-path.ts";

/** What a state's fields are worked out from. */
export interface Scope {
  /** `$` */
  readonly input: Json;
  /** `$$` */
  readonly context: Json;
  readonly random: Pick<RandomSource, "uuid" | "hex">;
}

/** InputPath, OutputPath and ItemsPath: a part of the input, or of the context object (`$$.…`); null gives `{}`. */
export function applyPath(path: Json | undefined, scope: Scope): Json {
  if (path === undefined) return scope.input;
  if (path === null) return {};
  const text = String(path);
  return require(text, text.startsWith("$$") ? scope.context : scope.input);
}

/**
 * A payload template: every `"key.$"` becomes what its path or intrinsic function gives, at all depths.
 * https://docs.aws.amazon.com/step-functions/latest/dg/input-output-inputpath-params.html
 */
export function fill(template: Json, scope: Scope): Json {
  if (Array.isArray(template)) return template.map((item) => fill(item, scope));
  if (!isObject(template)) return template;
  return Object.fromEntries(
    Object.entries(template).map(([key, value]) =>
      key.endsWith(".$") && typeof value === "string"
        ? [key.slice(0, -2), clone(resolve(value, key, scope))]
        : [key, fill(value, scope)],
    ),
  );
}

/** A path or an intrinsic function as the value of `field`. */
export function resolve(text: string, field: string, scope: Scope): Json {
  if (text.startsWith("$")) return pathValue(text, field, scope);
  return evaluate(parseIntrinsic(text), field, scope);
}

function pathValue(text: string, field: string, scope: Scope): Json {
  const value = find(text, text.startsWith("$$") ? scope.context : scope.input);
  if (value !== undefined) return value;
  throw new RuntimeFailure(
    `The JSONPath '${text}' specified for the field '${field}' could not be found in the input '${JSON.stringify(scope.input)}'`,
  );
}

function evaluate(expression: Expression, field: string, scope: Scope): Json {
  if (expression.kind === "constant") return expression.value;
  if (expression.kind === "path") return pathValue(expression.text, field, scope);
  const intrinsic = INTRINSICS[expression.name];
  if (!intrinsic) throw new RuntimeFailure(`Unknown intrinsic function ${expression.name}`, "States.IntrinsicFailure");
  return intrinsic(
    expression.args.map((argument) => evaluate(argument, field, scope)),
    scope.random,
  );
}
