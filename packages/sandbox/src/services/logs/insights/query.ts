import { linearRegex } from "../../../core/linear-regex.ts";
import { Cursor } from "./cursor.ts";
import { type Expression, readExpression } from "./expressions.ts";
import { isAggregate, isTrue, toText } from "./functions.ts";
import { formatTime, type LogRecord, TIME_FIELDS, type Value } from "./record.ts";
import {
  type Aggregation,
  type Column,
  dedupStage,
  extendStage,
  filterStage,
  limitStage,
  type Stage,
  sortStage,
  statsStage,
} from "./stages.ts";

/** AWS answers at most so many rows. */
const MOST_ROWS = 10_000;

export type Row = { field: string; value: string }[];

export interface InsightsQuery {
  /** Texts that `@message` of every matching line holds: what SQLite can look for. */
  readonly needles: readonly string[];
  /** In which order lines should come: it lets a query that wants the newest few end early. */
  readonly newestFirst: boolean;
  /** Whether that order is in the result: lines of several groups must then be sorted. */
  readonly isOrdered: boolean;
  /** Takes records until it returns false. */
  start(): { push(record: LogRecord): boolean; end(): Row[] };
}

interface Parsing {
  readonly cursor: Cursor;
  readonly stages: Stage[];
  /** What is shown, by the commands so far; undefined: the line's time and text. */
  columns: Map<string, boolean> | undefined;
  /** Names of columns that are times. */
  readonly times: Set<string>;
  readonly needles: string[];
  /** Names of fields that commands made: they hide a line's own. */
  readonly made: Set<string>;
  newestFirst: boolean;
  hasStats: boolean;
  hasSort: boolean;
  isFixed: boolean;
}

/**
 * A named part of CloudWatch Logs Insights' language: `fields`, `display`, `filter`, `stats`, `sort`, `limit`, `parse`
 * and `dedup`, with arithmetic, comparisons, `and or not`, `like`, `=~`, `in`, and the functions of `functions.ts`. All
 * else raises `MalformedQueryException`, which names it.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
 */
export function parseQuery(text: string, limit: number | undefined): InsightsQuery {
  const cursor = new Cursor(text);
  const parsing: Parsing = {
    ...{ cursor, stages: [], columns: undefined, times: new Set(TIME_FIELDS), needles: [], made: new Set() },
    ...{ newestFirst: true, hasStats: false, hasSort: false, isFixed: false },
  };
  while (cursor.acceptSymbol("|"));
  while (!cursor.isAtEnd()) {
    readCommand(parsing);
    if (cursor.isAtEnd()) break;
    cursor.expectSymbol("|");
  }
  const { stages, times, hasStats } = parsing;
  const columns = [
    ...(
      parsing.columns ??
      new Map([
        ["@timestamp", true],
        ["@message", true],
      ])
    ).keys(),
  ];
  stages.push(limitStage(Math.min(limit ?? MOST_ROWS, MOST_ROWS)));
  return {
    needles: parsing.needles,
    newestFirst: parsing.newestFirst,
    isOrdered: !hasStats && !parsing.hasSort,
    start() {
      const rows: Row[] = [];
      const last = {
        push: (record: LogRecord) => rows.push(rowOf(record, hasStats ? columns : [...columns, "@ptr"], times)) > 0,
        end: () => undefined,
      };
      const first = stages.reduceRight((next, stage) => stage(next), last as ReturnType<Stage>);
      return {
        push: (record) => first.push(record),
        end() {
          first.end();
          return rows;
        },
      };
    },
  };
}

function rowOf(record: LogRecord, columns: readonly string[], times: ReadonlySet<string>): Row {
  return columns.flatMap((field) => {
    const value = record.get(field);
    return value === undefined ? [] : [{ field, value: show(value, times.has(field)) }];
  });
}

const show = (value: Value, isTime: boolean) =>
  isTime && typeof value === "number"
    ? formatTime(value)
    : typeof value === "boolean"
      ? value
        ? "1"
        : "0"
      : toText(value);

function readCommand(parsing: Parsing): void {
  const { cursor } = parsing;
  const name = cursor.peek().text;
  const read = cursor.acceptWord(...Object.keys(COMMANDS)) && COMMANDS[name.toLowerCase()];
  if (read) {
    read(parsing);
    return;
  }
  const known = /^(pattern|diff|unmask|unnest|anomaly|join|lookup|source|filterindex|subqueries)$/i.test(name);
  throw known ? cursor.refuse(`the command ${name} is not supported by the sandbox`) : cursor.unexpected();
}

/** `a, b * 2 as c`: each becomes a field of its own name. */
function readColumns({ cursor, times, made }: Parsing): Column[] {
  const columns: Column[] = [];
  do {
    const expression = readExpression(cursor);
    const name = readAlias(cursor) ?? expression.field ?? expression.text;
    if (expression.isTime) times.add(name);
    if (expression.field !== name) made.add(name);
    columns.push({ name, expression });
  } while (cursor.acceptSymbol(","));
  return columns;
}

function readAlias(cursor: Cursor): string | undefined {
  if (!cursor.acceptWord("as")) return undefined;
  const token = cursor.next();
  if (token.kind !== "word" && token.kind !== "quoted-name") throw cursor.unexpected(token);
  return token.text;
}

function readFields(parsing: Parsing): void {
  const columns = readColumns(parsing);
  const made = columns.filter(({ name, expression }) => expression.field !== name);
  if (made.length > 0) {
    parsing.stages.push(
      extendStage((record) => new Map(made.map(({ name, expression }) => [name, expression.of(record)]))),
    );
  }
  parsing.columns ??= new Map();
  for (const { name } of columns) parsing.columns.set(name, true);
}

function readDisplay(parsing: Parsing): void {
  const columns = readColumns(parsing);
  parsing.columns = new Map(columns.map(({ name }) => [name, true]));
  const made = columns.filter(({ name, expression }) => expression.field !== name);
  if (made.length > 0) {
    parsing.stages.push(
      extendStage((record) => new Map(made.map(({ name, expression }) => [name, expression.of(record)]))),
    );
  }
}

function readFilter(parsing: Parsing): void {
  const expression = readExpression(parsing.cursor);
  parsing.stages.push(filterStage((record) => isTrue(expression.of(record))));
  // A limit before the filter counts lines that the filter drops.
  if (parsing.isFixed || parsing.hasStats) return;
  for (const { field, text } of expression.needles) if (!parsing.made.has(field)) parsing.needles.push(text);
}

function readStats(parsing: Parsing): void {
  const { cursor } = parsing;
  const aggregations: Aggregation[] = [];
  do aggregations.push(readAggregation(cursor));
  while (cursor.acceptSymbol(","));
  const by = cursor.acceptWord("by") ? readColumns(parsing) : [];
  parsing.stages.push(statsStage(aggregations, by));
  parsing.columns = new Map([...by, ...aggregations].map(({ name }) => [name, true]));
  parsing.hasStats = true;
}

function readAggregation(cursor: Cursor): Aggregation {
  const from = cursor.peek().at;
  const kind = cursor.expect("word").text;
  if (!isAggregate(kind)) {
    const known = /^(earliest|latest|sortsFirst|sortsLast)$/.test(kind);
    throw known ? cursor.refuse(`the function ${kind} is not supported by the sandbox`) : cursor.unexpected();
  }
  cursor.expectSymbol("(");
  let of: Expression | undefined;
  let parameter = 0;
  if (kind === "count" && cursor.acceptSymbol("*")) of = undefined;
  else if (kind !== "count" || cursor.peek().text !== ")") of = readExpression(cursor);
  if (kind === "pct") {
    cursor.expectSymbol(",");
    parameter = Number(cursor.expect("number").text);
  }
  cursor.expectSymbol(")");
  const text = cursor.textFrom(from);
  return { name: readAlias(cursor) ?? text, kind, parameter, of };
}

function readSort(parsing: Parsing): void {
  const { cursor } = parsing;
  const by: { of: Expression["of"]; descending: boolean }[] = [];
  let onlyTime = true;
  do {
    const expression = readExpression(cursor);
    const direction = cursor.acceptWord("asc", "desc");
    by.push({ of: expression.of, descending: direction === "desc" });
    onlyTime = expression.field === "@timestamp" && by.length === 1;
  } while (cursor.acceptSymbol(","));
  if (onlyTime && !parsing.hasStats && !parsing.hasSort && !parsing.isFixed) {
    parsing.newestFirst = by[0]?.descending === true;
    return;
  }
  parsing.hasSort = true;
  parsing.stages.push(sortStage(by));
}

function readLimit(parsing: Parsing): void {
  const count = Number(parsing.cursor.expect("number").text);
  if (!Number.isInteger(count) || count < 1) throw parsing.cursor.refuse("limit must be a whole number above 0");
  parsing.stages.push(limitStage(count));
  parsing.isFixed = true;
}

function readDedup(parsing: Parsing): void {
  const fields: Expression[] = [];
  do fields.push(readExpression(parsing.cursor));
  while (parsing.cursor.acceptSymbol(","));
  parsing.stages.push(dedupStage(fields));
  parsing.isFixed = true;
}

/** `parse field "glob *" as a`, `parse field /(?<a>…)/`. */
function readParse(parsing: Parsing): void {
  const { cursor } = parsing;
  let field = "@message";
  if (cursor.peek().kind === "word" || cursor.peek().kind === "quoted-name") field = cursor.next().text;
  const regex = cursor.acceptRegex();
  const { source, names } = regex ? namesOf(cursor, regex) : readGlob(cursor);
  parsing.stages.push(
    extendStage((record) => {
      const match = source.exec(toText(record.get(field)));
      if (!match) return new Map();
      return new Map(names.map((name, index) => [name, match.groups?.[name] ?? match[index + 1]]));
    }),
  );
  parsing.columns ??= new Map([
    ["@timestamp", true],
    ["@message", true],
  ]);
  for (const name of names) {
    parsing.columns.set(name, true);
    parsing.made.add(name);
  }
}

function namesOf(cursor: Cursor, source: RegExp): { source: RegExp; names: string[] } {
  const names = [...source.source.matchAll(/\(\?<([A-Za-z_]\w*)>/g)].map(([, name = ""]) => name);
  if (names.length === 0) throw cursor.refuse("a regular expression of parse needs at least one named group");
  return { source, names };
}

function readGlob(cursor: Cursor): { source: RegExp; names: string[] } {
  const glob = cursor.expect("text").text;
  if (!cursor.acceptWord("as")) throw cursor.unexpected();
  const names: string[] = [];
  do {
    const token = cursor.next();
    if (token.kind !== "word" && token.kind !== "quoted-name") throw cursor.unexpected(token);
    names.push(token.text);
  } while (cursor.acceptSymbol(","));
  const parts = glob.split("*").map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&"));
  if (parts.length - 1 !== names.length) throw cursor.refuse("parse needs a name for each * of its pattern");
  // A wildcard at the end takes the rest; any other as little as it can.
  const source = parts.map(
    (part, index) =>
      part +
      (index === parts.length - 1 ? "" : index === parts.length - 2 && parts.at(-1) === "" ? "([^]*)" : "([^]*?)"),
  );
  return { source: linearRegex(source.join("")), names };
}

const COMMANDS: Readonly<Record<string, (parsing: Parsing) => void>> = {
  fields: readFields,
  display: readDisplay,
  filter: readFilter,
  stats: readStats,
  sort: readSort,
  limit: readLimit,
  parse: readParse,
  dedup: readDedup,
};
