import { isObject, type Json, type Path, referencesIn } from "@turnpike/cloudformation";
import { allowancesOf } from "../allowances.ts";
import { branchesOf, memberOf, textOf } from "../branches.ts";
import { type Found, type Rule, type Violation, verdictOf } from "../rule.ts";
import type { Item, Subject } from "../subject.ts";
import { resourceOf } from "../targets.ts";
import { isSecretName, isSecretValue } from "./secret-text.ts";
import { secretsInFiles } from "./secrets-in-files.ts";

/** Attributes that are a secret in plain text. */
const SECRET_ATTRIBUTES = ["SecretAccessKey", "ClientSecret"];
/** Properties that take a password or a secret's value. */
const SECRET_PROPERTIES = ["MasterUserPassword", "MasterPassword", "AuthToken", "SecretString", "Password"];

/** How a variable's value holds a secret, if it does. */
function secretIn(subject: Subject, name: string, value: Json): string | undefined {
  const text = textOf(value);
  if (text !== undefined && /\{\{resolve:(secretsmanager|ssm-secure):/.test(text)) return "is resolved on deployment";
  for (const reference of referencesIn(value)) {
    const parameter = subject.written.parameters.get(reference.name);
    if (parameter?.noEcho) return `is the hidden parameter ${reference.name}`;
    if (reference.kind === "attribute" && SECRET_ATTRIBUTES.includes(reference.attribute)) {
      return `is the ${reference.attribute} of ${reference.name}`;
    }
    const isNamed = /(arn|name|id|path)$/i.test(reference.name);
    if (parameter && isSecretName(name) && !isNamed) return `is the parameter ${reference.name}`;
  }
  return text !== undefined && isSecretValue(name, text) ? "is written in the template" : undefined;
}

function judgeEnvironment(subject: Subject, { id, properties, path }: Item): Found {
  const at: Path = [...path, "Environment", "Variables"];
  return branchesOf(memberOf(properties.Environment, "Variables"), at).flatMap(({ value: variables, path: where }) =>
    Object.entries(isObject(variables) ? variables : {}).flatMap(([name, given]) =>
      branchesOf(given, [...where, name]).flatMap(({ value, path: place }): Violation[] => {
        const how = value === undefined ? undefined : secretIn(subject, name, value);
        const message = `Everyone who sees ${id} sees the secret in its variable ${name}: it ${how}.`;
        return how === undefined ? [] : [{ resource: id, at: place, message }];
      }),
    ),
  );
}

function judgeProperties({ id, properties, path }: Item): Found {
  return SECRET_PROPERTIES.flatMap((name) =>
    branchesOf(properties[name], [...path, name]).flatMap(({ value, path: at }): Violation[] => {
      const text = textOf(value);
      if (text === undefined || text === "" || /\{\{resolve:|\$\{/.test(text)) return [];
      return [{ resource: id, at, message: `The secret ${name} of ${id} is written in the template.` }];
    }),
  );
}

function judgeParameters(subject: Subject): Found {
  return [...subject.written.parameters].flatMap(([name, { noEcho, defaultValue = "" }]): Violation[] => {
    if (!noEcho || defaultValue === "") return [];
    const message = `The hidden parameter ${name} has a default, which everyone can read.`;
    return [{ at: ["Parameters", name, "Default"], message }];
  });
}

/** A secret is rotated by a schedule with a function, its own or AWS's, and with rules that say when. */
function judgeRotation(subject: Subject, { id, path }: Item): Found {
  const schedules = subject
    .items("AWS::SecretsManager::RotationSchedule")
    .filter(({ properties }) => resourceOf(subject, properties.SecretId)?.id === id);
  const isRotated = schedules.some(({ properties }) => {
    const rotates = properties.RotationLambdaARN ?? properties.HostedRotationLambda;
    return rotates !== undefined && properties.RotationRules !== undefined;
  });
  return isRotated ? [] : [{ resource: id, at: path, message: `The secret ${id} is never rotated.` }];
}

/** Secrets that a function reads and the template doesn't make. What RDS manages, it rotates itself. */
function judgeOthers(subject: Subject, item: Item): Found {
  const reads = allowancesOf(subject, item).filter(({ actions }) => actions.includes("secretsmanager:GetSecretValue"));
  const others = reads.flatMap(({ resources }) => resources).filter((resource) => !resourceOf(subject, resource));
  if (others.length === 0) return [];
  return [{ look: `That the secrets which ${item.id} reads are rotated: they aren't in the template.` }];
}

/**
 * Its part in the template and the repository's files. That a secret is fetched at run time and kept for a while is
 * seen by the code alone; which function rotates a secret is for a person to say, so there is no fix.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-secrets-manager.html
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets.html
 */
export const secrets: Rule = {
  id: "SEC-4",
  pillar: "security",
  title: "Secrets are kept in Secrets Manager or as SecureString, fetched by ARN and rotated",
  reason:
    "A secret in a variable, a file or a commit is read by everyone who sees the function or the repository, and stays there for ever. One that is fetched by its ARN is seen by the function alone, and rotating it needs no deployment.",
  effect: "block",
  check(subject) {
    const functions = subject.items("AWS::Lambda::Function");
    const stored = subject.items("AWS::SecretsManager::Secret");
    const { files } = subject;
    if (functions.length === 0 && stored.length === 0 && !files && judgeParameters(subject).length === 0) {
      return { kind: "not-applicable" };
    }
    const text = new Map([[subject.written.file, subject.text]]);
    const judges: (() => Found)[] = [
      ...functions.map((item) => () => judgeEnvironment(subject, item)),
      ...functions.map((item) => () => judgeOthers(subject, item)),
      ...subject.items().map((item) => () => judgeProperties(item)),
      ...stored.map((item) => () => judgeRotation(subject, item)),
      () => judgeParameters(subject),
      () => secretsInFiles(files ?? text),
    ];
    if (!files) judges.push(() => [{ look: "The repository's configuration and source: no secret may stand there." }]);
    return verdictOf(judges, (judge) => judge());
  },
};
