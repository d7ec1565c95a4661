import type * as sdk from "@aws-sdk/client-secrets-manager";
import type { Context } from "../../core/context.ts";
import type { Operation } from "../../core/service.ts";
import { invalidParameter } from "./secrets.ts";

const LONGEST = 4096;

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html */
export const randomPassword: Operation<typeof sdk, "GetRandomPassword"> = (context, input) => {
  const length = Number(input.PasswordLength ?? 32);
  if (length < 1 || length > LONGEST) {
    throw invalidParameter(`InvalidParameterException: Password length must be between 1 and ${LONGEST}.`);
  }
  const types = [
    input.ExcludeLowercase ? "" : "abcdefghijklmnopqrstuvwxyz",
    input.ExcludeUppercase ? "" : "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    input.ExcludeNumbers ? "" : "0123456789",
    input.ExcludePunctuation ? "" : "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
    input.IncludeSpace ? " " : "",
  ]
    .map((type) => [...type].filter((character) => !input.ExcludeCharacters?.includes(character)))
    .filter((type) => type.length > 0);
  const all = types.flat();
  if (all.length === 0) throw invalidParameter("The password has no characters to be made of.");
  const required = input.RequireEachIncludedType === false ? [] : types.map((type) => pick(context, type));
  if (required.length > length) throw invalidParameter("Password length is too short based on the required types.");
  const rest = Array.from({ length: length - required.length }, () => pick(context, all));
  return { RandomPassword: shuffled(context, [...required, ...rest]).join("") };
};

const NUMBER_DIGITS = 8;

/** A number from 0 up to `below`; what would make the first of them likelier is thrown again. */
function draw(context: Context, below: number): number {
  const range = 16 ** NUMBER_DIGITS;
  for (;;) {
    const value = Number.parseInt(context.random.hex(NUMBER_DIGITS), 16);
    if (value < range - (range % below)) return value % below;
  }
}

const pick = (context: Context, from: readonly string[]) => from[draw(context, from.length)] ?? "";

function shuffled(context: Context, characters: readonly string[]): string[] {
  const result = [...characters];
  for (let at = result.length - 1; at > 0; at--) {
    const other = draw(context, at + 1);
    [result[at], result[other]] = [result[other] ?? "", result[at] ?? ""];
  }
  return result;
}
