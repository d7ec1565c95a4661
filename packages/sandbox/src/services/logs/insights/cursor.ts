import type { AwsError } from "../../../core/errors.ts";
import { linearRegex } from "../../../core/linear-regex.ts";
import { endOf, malformed, refused, regexAt, type Token, tokenize } from "./tokens.ts";

/** A place in a query, with what the parsers ask of it. Everything unexpected raises `MalformedQueryException`. */
export class Cursor {
  readonly #query: string;
  #token: Token;
  /** Where the token before this one ended. */
  #end = 0;

  constructor(query: string) {
    this.#query = query;
    this.#token = tokenize(query, 0);
  }

  peek(): Token {
    return this.#token;
  }

  next(): Token {
    const token = this.#token;
    this.#end = endOf(this.#query, token);
    this.#token = tokenize(this.#query, this.#end);
    return token;
  }

  /** The query's text from a place to the end of the token that was read last. */
  textFrom(at: number): string {
    return this.#query.slice(at, this.#end).trim();
  }

  acceptWord(...words: readonly string[]): string | undefined {
    const word = this.#token.text.toLowerCase();
    if (this.#token.kind !== "word" || !words.includes(word)) return undefined;
    this.next();
    return word;
  }

  acceptSymbol(...symbols: readonly string[]): string | undefined {
    if (this.#token.kind !== "symbol" || !symbols.includes(this.#token.text)) return undefined;
    return this.next().text;
  }

  acceptRegex(): RegExp | undefined {
    const found = regexAt(this.#query, this.#end);
    if (!found) return undefined;
    this.#end = found.end;
    this.#token = tokenize(this.#query, found.end);
    try {
      return linearRegex(found.source);
    } catch (error) {
      throw refused(`Invalid regular expression: ${(error as Error).message}`);
    }
  }

  expect(kind: Token["kind"]): Token {
    if (this.#token.kind !== kind) throw this.unexpected();
    return this.next();
  }

  expectSymbol(symbol: string): void {
    if (!this.acceptSymbol(symbol)) throw this.unexpected();
  }

  isAtEnd(): boolean {
    return this.#token.kind === "end";
  }

  unexpected(token = this.#token): AwsError {
    return malformed(this.#query, token.text, token.at);
  }

  refuse(message: string): AwsError {
    return refused(message, this.#token.at, this.#token.at + this.#token.text.length);
  }
}
