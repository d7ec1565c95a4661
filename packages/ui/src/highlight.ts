/**
 * Colours for source code in a few kilobytes and without `eval`, so that it runs in the browser on each keystroke as
 * well as on the server. A lexer, not a parser: it tells strings, comments, keywords and numbers apart, which is what
 * a reader needs. (Shiki was measured against it: exact, and tens of megabytes of grammars in a server that idles.)
 */
export type TokenKind = "plain" | "comment" | "string" | "keyword" | "number" | "name" | "heading";

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

export interface CodeLine {
  /** Counted from 1. */
  readonly number: number;
  /** Each with the column at which it begins, counted from 0. */
  readonly tokens: readonly (Token & { readonly column: number })[];
}

/** Lines and tokens with their places, which are the only names they have. */
export function numbered(lines: readonly (readonly Token[])[]): CodeLine[] {
  return lines.map((tokens, index) => {
    let column = 0;
    const placed = tokens.map((token) => {
      const at = column;
      column += token.text.length;
      return { ...token, column: at };
    });
    return { number: index + 1, tokens: placed };
  });
}

type Rules = readonly (readonly [TokenKind, RegExp])[];

const scriptKeywords =
  "as|async|await|break|case|catch|class|const|continue|default|delete|do|else|export|extends|finally|for|from|function|if|import|in|instanceof|interface|let|new|null|of|readonly|return|satisfies|static|switch|this|throw|true|false|try|type|typeof|undefined|void|while|yield";

const script: Rules = [
  ["comment", /\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/y],
  ["string", /`(?:\\[\s\S]|[^\\`])*`?|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?/y],
  ["keyword", new RegExp(`(?:${scriptKeywords})\\b`, "y")],
  ["number", /0x[\da-f_]+|\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?n?/iy],
  ["plain", /[A-Za-z_$][\w$]*/y],
];

const json: Rules = [
  ["name", /"(?:\\.|[^"\\\n])*"(?=\s*:)/y],
  ["string", /"(?:\\.|[^"\\\n])*"?/y],
  ["keyword", /(?:true|false|null)\b/y],
  ["number", /-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/iy],
];

const yaml: Rules = [
  ["comment", /#[^\n]*/y],
  ["string", /"(?:\\.|[^"\\])*"?|'(?:''|[^'])*'?/y],
  ["name", /[\w$./-]+(?=:(?:\s|$))/y],
  ["keyword", /!\w+|(?:true|false|null|yes|no)(?=\s|$)|[&*]\w+/y],
  ["number", /-?\d+(?:\.\d+)?(?=\s|$|,|\])/y],
  ["plain", /[\w$./-]+/y],
];

const shell: Rules = [
  ["comment", /#[^\n]*/y],
  ["string", /"(?:\\.|[^"\\])*"?|'[^']*'?/y],
  ["name", /\$(?:\{[^}]*\}?|\w+)/y],
  ["keyword", /(?:if|then|else|elif|fi|for|in|do|done|while|case|esac|function|return|exit|set|export|local|cd)\b/y],
  ["plain", /[\w./-]+/y],
];

const markdown: Rules = [
  ["heading", /(?<=^|\n)#{1,6} [^\n]*/y],
  ["string", /```[\s\S]*?(?:```|$)|`[^`\n]*`/y],
  ["name", /\[[^\]\n]*\]\([^)\n]*\)/y],
  ["plain", /[\w]+/y],
];

const languages: Readonly<Record<string, Rules>> = {
  ts: script,
  tsx: script,
  mts: script,
  js: script,
  mjs: script,
  cjs: script,
  json,
  yaml,
  yml: yaml,
  toml: yaml,
  sh: shell,
  md: markdown,
};

/** Beyond this, colours cost more than they tell. */
const COLOURED_CHARACTERS = 200_000;

function rulesFor(path: string, text: string): Rules {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const dot = name.lastIndexOf(".");
  const known = dot >= 0 ? languages[name.slice(dot + 1)] : undefined;
  if (known) return known;
  return text.startsWith("#!") || name.startsWith(".") ? shell : [];
}

/** Tokens of a file, line by line. `path` tells the language. */
export function highlight(path: string, text: string): Token[][] {
  const rules = text.length > COLOURED_CHARACTERS ? [] : rulesFor(path, text);
  const lines: Token[][] = [[]];
  const add = (kind: TokenKind, part: string) => {
    part.split("\n").forEach((piece, index) => {
      if (index > 0) lines.push([]);
      const line = lines[lines.length - 1];
      if (!line || piece === "") return;
      const last = line[line.length - 1];
      if (last?.kind === kind) line[line.length - 1] = { kind, text: last.text + piece };
      else line.push({ kind, text: piece });
    });
  };
  if (rules.length === 0) {
    add("plain", text);
    return lines;
  }
  for (let at = 0; at < text.length; ) {
    const start = at;
    for (const [kind, pattern] of rules) {
      pattern.lastIndex = at;
      const found = pattern.exec(text)?.[0];
      if (!found) continue;
      add(kind, found);
      at += found.length;
      break;
    }
    if (at > start) continue;
    add("plain", text[at] ?? "");
    at += 1;
  }
  return lines;
}
