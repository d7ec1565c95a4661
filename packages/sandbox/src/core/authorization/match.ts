import { matchesGlob } from "../pattern-text.ts";

export function matchesPattern(pattern: string, text: string, ignoreCase = false): boolean {
  if (pattern === "*") return true;
  if (!/[*?]/.test(pattern) && !ignoreCase) return pattern === text;
  return ignoreCase ? matchesGlob(pattern.toLowerCase(), text.toLowerCase()) : matchesGlob(pattern, text);
}

/** An ARN's six parts; colons in the last one belong to it. Undefined for what is none. */
function partsOf(arn: string): readonly string[] | undefined {
  const parts = arn.split(":");
  if (parts.length < 6 || parts[0] !== "arn") return undefined;
  return [...parts.slice(0, 5), parts.slice(5).join(":")];
}

/** A pattern against an ARN, part by part: a wildcard of one part doesn't reach into the next. */
export function matchesArn(pattern: string, arn: string): boolean {
  if (pattern === "*") return true;
  const [wanted, given] = [partsOf(pattern), partsOf(arn)];
  if (!wanted || !given) return matchesPattern(pattern, arn);
  return wanted.every((part, index) => matchesPattern(part, given[index] ?? ""));
}

/** IPv4 alone: the sandbox is on a loopback address. A value that can't be read matches nothing. */
export function inRange(range: string, address: string): boolean {
  const [base = "", bits = "32"] = range.split("/");
  const [network, given] = [numberOf(base), numberOf(address)];
  if (network === undefined || given === undefined) return false;
  const size = 2 ** (32 - Number(bits));
  return Math.floor(network / size) === Math.floor(given / size);
}

function numberOf(address: string): number | undefined {
  const parts = address.split(".").map(Number);
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}
