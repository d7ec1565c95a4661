import { allowancesOf } from "../allowances.ts";
import { membersOf, textOf } from "../branches.ts";
import { type Found, type Rule, verdictOf } from "../rule.ts";
import type { Item, Subject } from "../subject.ts";

const FETCHED = /^(secretsmanager:(GetSecretValue|\*)|ssm:(GetParameter[sA-Za-z*]*|\*))$/i;
/** AWS's extension, and the libraries that keep what they fetched. */
const LAYER = /AWS-Parameters-and-Secrets-Lambda-Extension/;
const LIBRARY =
  /powertools[/_.-](lambda[/_.-])?parameters|aws_lambda_powertools\.utilities|aws-secretsmanager-caching|aws_secretsmanager_caching/;

const SOURCE = /^(src|app|lib)\//;
const MANIFEST = /^(package\.json|requirements\.txt|pyproject\.toml|go\.mod)$/;
const CALL = /GetSecretValue(Command|\()|GetParameters?(Command|\()|get_secret_value|get_parameters?\b/;
const KEEPS = /cache|memo|maxAge|ttl|expir/i;

const fetches = (subject: Subject, item: Item) =>
  allowancesOf(subject, item).some(({ actions }) => actions.some((action) => FETCHED.test(action)));

/** A line of the source that fetches, in a file that says nothing of keeping what it got. */
function fetchesAnew(file: string, text: string): Found {
  if (!SOURCE.test(file) || KEEPS.test(text)) return [];
  const line = text.split("\n").findIndex((each) => CALL.test(each)) + 1;
  if (line === 0) return [];
  return [
    { at: { file, line }, message: `${file} fetches a parameter or a secret, and keeps it for no other request.` },
  ];
}

function judge(subject: Subject, item: Item): Found {
  const layers = membersOf(item.properties.Layers).map(({ value }) => textOf(value) ?? "");
  if (layers.some((layer) => LAYER.test(layer))) return [];
  const files = [...(subject.files ?? [])];
  if (files.some(([file, text]) => (SOURCE.test(file) || MANIFEST.test(file)) && LIBRARY.test(text))) return [];
  const found = files.flatMap(([file, text]) => fetchesAnew(file, text));
  if (found.length > 0) return found;
  return [{ look: `Whether ${item.source.id} keeps the parameters and secrets that it fetches.` }];
}

/**
 * Its part in the template and the repository: what a function fetches at run time for itself. Caching of answers, and DAX
 * before a table that is mostly read, are suggested where requests are seen.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/retrieving-secrets_lambda.html
 * https://docs.aws.amazon.com/powertools/typescript/latest/features/parameters/
 */
export const cachedReads: Rule = {
  id: "PERF-3",
  pillar: "performance",
  title: "What is read again and again is kept for a while",
  reason:
    "A secret that is fetched in every request makes each one slower by a call, and Secrets Manager the first to throttle. Kept for some minutes, it is fetched once by each environment.",
  effect: "warn",
  check(subject) {
    const readers = subject.items("AWS::Lambda::Function").filter((item) => fetches(subject, item));
    return verdictOf(readers, (item) => judge(subject, item));
  },
};
