import type { Filter } from "@aws-sdk/client-ec2";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { page } from "../../core/paging.ts";
import { matchesGlob } from "../../core/pattern-text.ts";
import { all, find, type Kind, type Tags } from "./records.ts";

/** The values that a resource has for each of its filters. */
export type FilterValues<T> = Readonly<Record<string, (record: T) => readonly (string | undefined)[]>>;

interface DescribeInput {
  readonly Filters?: Filter[] | undefined;
  readonly MaxResults?: number | undefined;
  readonly NextToken?: string | undefined;
}

/** The resources that a Describe call asks for: by their ids (each must be there), by filters, in pages. */
export function select<K extends Kind, T extends { id: string; tags: Tags }>(
  context: Context,
  kind: K,
  ids: readonly string[] | undefined,
  input: DescribeInput,
  values: FilterValues<T>,
): { items: T[]; NextToken?: string } {
  const wanted = ids && ids.length > 0 ? ids.map((id) => find(context, kind, id)) : all(context, kind);
  const kept = (wanted as unknown as T[]).filter((record) => matches(record, input.Filters ?? [], values));
  kept.sort((a, b) => (a.id < b.id ? -1 : 1));
  const { items, nextToken } = page(kept, ({ id }) => id, { token: input.NextToken, size: input.MaxResults ?? 1000 });
  return { items, ...(nextToken === undefined ? {} : { NextToken: nextToken }) };
}

/** Every filter must hold; a filter holds when one of its values does, in which `*` and `?` stand for anything. */
export function matches<T extends { tags: Tags }>(
  record: T,
  filters: readonly Filter[],
  values: FilterValues<T>,
): boolean {
  return filters.every(({ Name = "", Values = [] }) => {
    const found = valuesOf(record, Name, values);
    return Values.some((pattern) => found.some((value) => value !== undefined && matchesGlob(pattern, value)));
  });
}

function valuesOf<T extends { tags: Tags }>(
  record: T,
  name: string,
  values: FilterValues<T>,
): readonly (string | undefined)[] {
  if (name.startsWith("tag:")) return [record.tags[name.slice(4)]];
  if (name === "tag-key") return Object.keys(record.tags);
  const read = Object.hasOwn(values, name) ? values[name] : undefined;
  if (!read) throw new AwsError("InvalidParameterValue", `The filter '${name}' is invalid`);
  return read(record);
}
