/** Names that mean something else somewhere: to Windows, to JavaScript, to DNS, to Turnpike. */
const reserved = new Set([
  ...["con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "lpt1", "lpt2", "lpt3", "lpt4"],
  ...["constructor", "prototype", "proto", "tostring", "valueof", "hasownproperty"],
  ...["www", "api", "admin", "root", "localhost", "github", "aws", "amazon", "test", "new", "create"],
  ...["platform", "turnpike", "tooling", "accounts", "teams", "services", "releases", "templates", "standards"],
]);

const MIN = 3;
const MAX = 40;

/**
 * What is wrong with a service's name, in words; undefined when nothing is. A name becomes a repository, a stack, a
 * pipeline, IAM roles and a part of URLs: it fits all of them, or isn't one.
 */
export function problemOfName(name: string): string | undefined {
  if (name === "") return "Give the service a name.";
  if (name.length < MIN || name.length > MAX)
    return `A name has ${MIN} to ${MAX} characters; this one has ${name.length}.`;
  if (/[A-Z]/.test(name))
    return "Use lower-case letters only: names that differ in case alone would be one repository.";
  if (!/^[a-z0-9-]+$/.test(name)) return "Use lower-case letters a to z, digits and hyphens only.";
  if (!/^[a-z]/.test(name)) return "Start with a letter.";
  if (name.endsWith("-") || name.includes("--")) return "A hyphen stands between two letters or digits.";
  if (reserved.has(name)) return `"${name}" is reserved. Choose another name.`;
  return undefined;
}
