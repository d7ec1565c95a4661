import { AwsError } from "../../../core/errors.ts";

export interface Token {
  readonly kind: "word" | "quoted-name" | "text" | "number" | "regex" | "symbol" | "end";
  readonly text: string;
  readonly at: number;
}

const TOKEN =
  /(?:\s|#[^\n]*(?:\n|$))*(?:(`[^`]*`)|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w.]))|([@A-Za-z_][\w.@]*(?:\[\d+\])*|\d+[a-z]+)|(!=|<=|>=|=~|[-+*/%^=<>(),|[\]]))/y;

/**
 * The tokens of an Insights query. A slash begins a regular expression after `like`, `=~` or `parse`'s field, which only
 * the parser knows: it asks for it with `regexAt`.
 */
export function tokenize(query: string, from: number): Token {
  TOKEN.lastIndex = from;
  const match = TOKEN.exec(query);
  if (!match) {
    const rest = /(?:\s|#[^\n]*(?:\n|$))*/y;
    rest.lastIndex = from;
    const at = from + (rest.exec(query)?.[0].length ?? 0);
    if (at >= query.length) return { kind: "end", text: "", at };
    throw malformed(query, query[at] ?? "", at);
  }
  const [whole, name, text, number, word, symbol] = match;
  const found = name ?? text ?? number ?? word ?? symbol ?? "";
  const at = from + whole.length - found.length;
  if (name !== undefined) return { kind: "quoted-name", text: name.slice(1, -1), at };
  if (text !== undefined) return { kind: "text", text: unquote(text), at };
  if (number !== undefined) return { kind: "number", text: number, at };
  return { kind: word === undefined ? "symbol" : "word", text: found, at };
}

const unquote = (text: string) => text.slice(1, -1).replaceAll(/\\(.)/g, "$1");

/** The regular expression that begins at or after `from`; `end` is the place after it. */
export function regexAt(query: string, from: number): { source: string; end: number } | undefined {
  const regex = /\s*\/((?:[^/\\]|\\.)+)\//y;
  regex.lastIndex = from;
  const match = regex.exec(query);
  return match ? { source: match[1] ?? "", end: from + match[0].length } : undefined;
}

/** Where a token ends in its query. */
export function endOf(query: string, token: Token): number {
  TOKEN.lastIndex = token.at;
  return token.kind === "end" ? query.length : token.at + (TOKEN.exec(query)?.[0].length ?? 0);
}

/** As CloudWatch says what it doesn't understand. */
export function malformed(query: string, symbol: string, at: number): AwsError {
  const line = query.slice(0, at).split("\n").length;
  const position = at - query.lastIndexOf("\n", at - 1);
  const message = `unexpected symbol found ${symbol === "" ? "<EOF>" : symbol} at line ${line} and position ${position}`;
  return refused(message, at, at + symbol.length);
}

export function refused(message: string, startCharOffset = 0, endCharOffset = 0): AwsError {
  const queryCompileError = { location: { startCharOffset, endCharOffset }, message };
  return new AwsError("MalformedQueryException", message, { members: { queryCompileError } });
}
