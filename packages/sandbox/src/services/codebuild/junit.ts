import { XMLParser } from "fast-xml-parser";

/** One test as a JUnit file tells it. */
export interface JunitCase {
  readonly name: string;
  /** What CodeBuild calls the prefix: the class, else the suite. */
  readonly prefix: string;
  readonly status: "SUCCEEDED" | "FAILED" | "ERROR" | "SKIPPED";
  readonly message: string;
  readonly durationMs: number;
}

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: "",
  textNodeName: "#text",
  parseTagValue: false,
  parseAttributeValue: false,
  // Line breaks of a message come as &#10;.
  htmlEntities: true,
  isArray: (name) => name === "testsuite" || name === "testcase",
});

type Node = Readonly<Record<string, unknown>>;

/** Reads a JUnit file: suites in suites, cases, what failed and why. Raises an `Error` for what isn't one. */
export function parseJunit(text: string): JunitCase[] {
  const root = parser.parse(text, true) as Node;
  // Cases may stand below <testsuites> itself: so Node's own reporter writes tests outside any suite.
  const suites = [...nodes(root.testsuites), ...nodes(root.testsuite)];
  if (root.testsuites === undefined && root.testsuite === undefined) {
    throw new Error("Neither <testsuites> nor <testsuite> is at its root");
  }
  return suites.flatMap(casesOf);
}

function casesOf(suite: Node): JunitCase[] {
  const own = nodes(suite.testcase).map((found): JunitCase => {
    const [status, why] = statusOf(found);
    return {
      name: attribute(found, "name"),
      prefix: attribute(found, "classname") || attribute(suite, "name"),
      status,
      message: why,
      durationMs: Math.max(0, Number(attribute(found, "time")) * 1000 || 0),
    };
  });
  return [...own, ...nodes(suite.testsuite).flatMap(casesOf)];
}

function statusOf(found: Node): [JunitCase["status"], string] {
  if (found.failure !== undefined) return ["FAILED", reason(found.failure)];
  if (found.error !== undefined) return ["ERROR", reason(found.error)];
  if (found.skipped !== undefined) return ["SKIPPED", reason(found.skipped)];
  return ["SUCCEEDED", ""];
}

/** Message and details, both where there are both. */
function reason(value: unknown): string {
  const found = Array.isArray(value) ? value[0] : value;
  if (typeof found === "string") return found.trim();
  if (typeof found !== "object" || found === null) return "";
  const [message, details] = [attribute(found as Node, "message"), attribute(found as Node, "#text").trim()];
  return details.includes(message) ? details : [message, details].filter(Boolean).join("\n");
}

function nodes(value: unknown): Node[] {
  const list = Array.isArray(value) ? value : [value];
  return list.filter((item): item is Node => typeof item === "object" && item !== null);
}

function attribute(node: Node, name: string): string {
  const value = node[name];
  return typeof value === "string" ? value : "";
}
