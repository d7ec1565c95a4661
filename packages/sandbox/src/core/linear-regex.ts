import { setFlagsFromString } from "node:v8";

/**
 * A regular expression that backtracks too much is begun anew by V8's engine that can't: ordinary ones stay as fast as
 * ever, and none stalls the sandbox's one thread. For the whole process, and for what is compiled from here on.
 * https://v8.dev/blog/non-backtracking-regexp
 */
for (const flag of [
  "--enable-experimental-regexp-engine",
  "--enable-experimental-regexp-engine-on-excessive-backtracks",
  "--regexp-backtracks-before-fallback=10000",
]) {
  setFlagsFromString(flag);
}

/**
 * A regular expression of somebody else's (of a query, a filter, a parameter's allowed pattern) whose time grows with the
 * text's length alone. `(?i)` at its beginning ignores the case of A to Z.
 * Raises `SyntaxError` for what is no regular expression, and for what can't be had in such time: lookaheads,
 * backreferences, `\p{…}`, more than 16 repetitions of a group, more than 1,000 of a character.
 */
export function linearRegex(source: string): RegExp {
  const rewritten = rewrite(source);
  // With this flag V8 compiles only what can be executed in linear time.
  new RegExp(rewritten, "l");
  return new RegExp(rewritten);
}

/** What may be repeated in V8's linear engine. */
const MOST_REPETITIONS = 16;
const MOST_WRITTEN_OUT = 1000;

/** Escapes, classes and single characters, each with its count; then what stands between them. */
const PART =
  /(\\(?:x[\da-fA-F]{2}|u[\da-fA-F]{4}|k<[^>]*>|c[A-Za-z]|[\s\S])|\[(?:\\[\s\S]|[^\]\\])*\]|[^\\()|*+?{}[\]^$])(?:\{(\d+)(,?)(\d*)\}(\??))?|\(\?<[A-Za-z_$][\w$]*>|\(\?[:=!]|[\s\S]/g;

/** Ignores case where `(?i)` says so, and writes a count that is too large as several. */
function rewrite(source: string): string {
  const ignoresCase = source.startsWith("(?i)");
  return (ignoresCase ? source.slice(4) : source).replace(
    PART,
    (part: string, atom?: string, from?: string, comma?: string, to?: string, lazy?: string) => {
      if (atom === undefined) return part;
      const one = ignoresCase ? withoutCase(atom) : atom;
      if (from === undefined) return one;
      const least = Number(from);
      const most = comma === "" ? least : to === "" ? Number.POSITIVE_INFINITY : Number(to);
      if (most < least || least > MOST_WRITTEN_OUT || (most > MOST_WRITTEN_OUT && most !== Number.POSITIVE_INFINITY)) {
        throw new SyntaxError(`Invalid regular expression: the count {${from}${comma}${to}}`);
      }
      const rest = most === Number.POSITIVE_INFINITY ? `${one}*${lazy}` : counted(one, 0, most - least, lazy);
      return `(?:${counted(one, least, least, "")}${rest})`;
    },
  );
}

/** `a{0,40}` as `a{0,16}a{0,16}a{0,8}`. */
function counted(atom: string, least: number, most: number, lazy = ""): string {
  const parts: string[] = [];
  for (let left = most; left > 0; left -= MOST_REPETITIONS) {
    const count = Math.min(left, MOST_REPETITIONS);
    parts.push(least === 0 ? `${atom}{0,${count}}${lazy}` : `${atom}{${count}}`);
  }
  return parts.join("");
}

function withoutCase(atom: string): string {
  if (atom.startsWith("[")) {
    // Ranges and letters are added in their other case; escapes stay what they are.
    const others = [...atom.slice(1, -1).matchAll(/\\[\s\S]|([a-z]-[a-z]|[A-Z]-[A-Z]|[A-Za-z])/g)];
    return `${atom.slice(0, -1)}${others.map(([, letters]) => swapCase(letters ?? "")).join("")}]`;
  }
  return /^[A-Za-z]$/.test(atom) ? `[${atom}${swapCase(atom)}]` : atom;
}

const swapCase = (text: string) =>
  text.replace(/[A-Za-z]/g, (letter) => (letter < "a" ? letter.toLowerCase() : letter.toUpperCase()));
