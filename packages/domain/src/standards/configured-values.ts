import { isObject, type Json } from "@turnpike/cloudformation";
import { memberOf } from "./branches.ts";
import type { Subject } from "./subject.ts";

/** What one environment's configuration gives a parameter. */
export interface ConfiguredValue {
  /** `prod` */
  readonly environment: string;
  /** Where the value stands: the environment's configuration, or the template with its default. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly value: string;
}

const CONFIGURATION = /^config\/([^/]+)\.json$/;

/** An environment's configuration; `parameters` and `tags` are undefined where it isn't JSON with such a member. */
export interface Configuration {
  readonly file: string;
  readonly text: string;
  readonly parameters: Readonly<Record<string, Json>> | undefined;
  readonly tags: Readonly<Record<string, Json>> | undefined;
}

/** What each environment is given: `config/<environment>.json`, CodePipeline's template configuration. */
export function configurationsIn(files: ReadonlyMap<string, string>): Configuration[] {
  return [...files]
    .filter(([file]) => CONFIGURATION.test(file))
    .map(([file, text]) => {
      const root = rootOf(text);
      return { file, text, parameters: mapIn(root, "Parameters"), tags: mapIn(root, "Tags") };
    });
}

/**
 * The values that a parameter gets in the service's environments: from `config/<environment>.json`, CodePipeline's
 * template configuration, else the parameter's default. Undefined where an environment leaves it to the pipeline, or
 * where no configuration is known, or where Parameter Store has the value.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/continuous-delivery-codepipeline-cfn-artifacts.html
 */
export function configuredValues(subject: Subject, parameter: string): readonly ConfiguredValue[] | undefined {
  const configurations = configurationsIn(subject.files ?? new Map());
  const declared = subject.written.parameters.get(parameter);
  if (configurations.length === 0 || !declared || declared.type.startsWith("AWS::SSM::Parameter::Value<"))
    return undefined;
  const values: ConfiguredValue[] = [];
  for (const { file, text, parameters } of configurations) {
    const given = parameters?.[parameter];
    const environment = CONFIGURATION.exec(file)?.[1] ?? "";
    if (typeof given === "string") {
      const line = text.split("\n").findIndex((each) => each.includes(JSON.stringify(parameter))) + 1;
      values.push({ environment, file, line: Math.max(line, 1), value: given });
    } else if (declared.defaultValue !== undefined) {
      const { line } = subject.written.positionOf(["Parameters", parameter, "Default"]);
      values.push({ environment, file: subject.written.file, line, value: declared.defaultValue });
    } else return undefined;
  }
  return values;
}

function rootOf(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

function mapIn(root: Json | undefined, name: string): Record<string, Json> | undefined {
  const value = memberOf(root, name);
  return isObject(value) ? value : undefined;
}
