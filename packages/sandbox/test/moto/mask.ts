/**
 * An answer with what no two clouds can have in common taken out: times, ids, accounts, hosts and request ids. Everything
 * else must agree, to the last character.
 */
export function mask(value: unknown, key = ""): unknown {
  if (value instanceof Date) return "<time>";
  if (value instanceof Uint8Array) return `<bytes ${Buffer.from(value).toString("base64")}>`;
  if (typeof value === "string") return maskText(value);
  if (typeof value === "number" && TIME_KEY.test(key)) return "<time>";
  if (Array.isArray(value)) return (UNORDERED.has(key) ? byName(value) : value).map((each) => mask(each, key));
  if (value && typeof value === "object") {
    return Object.fromEntries(
      Object.entries(value)
        .filter(([name, each]) => each !== undefined && !LEFT_OUT.has(name))
        .map(([name, each]) => [name, UNIQUE_KEY.test(name) ? "<unique>" : mask(each, name)]),
    );
  }
  return value;
}

const LEFT_OUT = new Set(["$metadata", "ResponseMetadata"]);
const TIME_KEY = /time|date|timestamp/i;
/** Members that hold nothing but an id of their own. */
const UNIQUE_KEY =
  /^(MessageId|ReceiptHandle|SequenceNumber|UploadId|VersionId|DeleteMarkerVersionId|NextContinuationToken|AccessKeyId|SecretAccessKey|SessionToken|uploadSequenceToken|nextSequenceToken|NextToken|nextToken|nextForwardToken|nextBackwardToken|eventId|ingestionTime|LatestStreamLabel|taskToken|RevisionId)$/;

/** Lists whose order AWS promises nothing of: `GetParametersByPath` answers "on a best-effort basis". */
const UNORDERED = new Set(["Parameters"]);

const byName = (list: readonly { readonly Name?: string }[]) =>
  [...list].sort((a, b) => (a.Name ?? "").localeCompare(b.Name ?? ""));

function maskText(text: string): string {
  return (
    text
      // A document inside an answer (a policy, an event) is compared as what it says, not as how it is spaced.
      .replace(/^\s*[[{].*[\]}]\s*$/s, (json) => canonical(json))
      .replace(/^[A-Za-z0-9+/]{120,}={0,2}$/, "<ciphertext>")
      .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "<uuid>")
      .replace(/https?:\/\/[a-z0-9.-]+(:\d+)?/g, "<host>")
      .replace(/\b\d{12}\b/g, "<account>")
      .replace(/arn:aws:(iam|sts)::<account>:user\/\w+/g, "<caller>")
      .replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00|\+0000)?/g, "<time>")
      .replace(/\b1[5-9]\d{8}(\d{3})?(\.\d+)?\b/g, "<time>")
      .replace(/(secret:[\w/+=.@-]+?)-[A-Za-z0-9]{6}\b/g, "$1-<token>")
      .replace(/\b(A[KS]IA|AROA|AIDA)[A-Z0-9]{8,}/g, "<id>")
      .replace(/(-)[A-Z0-9]{12,13}\b/g, "$1<token>")
      .replace(/\/[0-9A-Za-z]{7,12}(?=[-/]|$)/g, (part) => (/\d/.test(part) && /[A-Z]/.test(part) ? "/<token>" : part))
  );
}

function canonical(json: string): string {
  try {
    return JSON.stringify(sorted(JSON.parse(json)));
  } catch {
    return json;
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!value || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, each]) => [key, sorted(each)]),
  );
}

/** Paths at which two masked answers differ, with both values: `Queues[0].Name: "a" / "b"`. */
export function differences(left: unknown, right: unknown, path = ""): string[] {
  if (Array.isArray(left) && Array.isArray(right) && left.length === right.length) {
    return left.flatMap((each, index) => differences(each, right[index], `${path}[${index}]`));
  }
  if (isRecord(left) && isRecord(right)) {
    const names = [...new Set([...Object.keys(left), ...Object.keys(right)])].sort();
    return names.flatMap((name) => differences(left[name], right[name], path ? `${path}.${name}` : name));
  }
  return JSON.stringify(left) === JSON.stringify(right) ? [] : [`${path}: ${show(left)} / ${show(right)}`];
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const show = (value: unknown) => JSON.stringify(value) ?? "absent";
