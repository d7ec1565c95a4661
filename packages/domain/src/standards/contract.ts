import { parse } from "yaml";

const CONTRACT = /^openapi\.(ya?ml|json)$/;
const METHODS = ["get", "put", "post", "delete", "head", "patch"] as const;

export interface Operation {
  /** `GET /orders/{id}` */
  readonly name: string;
  readonly path: string;
  readonly id: string | undefined;
  /** The contract itself says that whoever asks is answered: `security: []`, of the operation or of the whole. */
  readonly isForAll: boolean;
}

/** What callers of a service rely on: its OpenAPI document. */
export interface Contract {
  readonly file: string;
  readonly text: string;
  /** None, where the text is no such document. */
  readonly operations: readonly Operation[];
}

type Security = readonly Readonly<Record<string, unknown>>[];
type Written = Partial<Record<(typeof METHODS)[number], { operationId?: string; security?: Security }>>;

/** The contract in a repository's root, where it has one. */
export function contractIn(files: ReadonlyMap<string, string>): Contract | undefined {
  const [found] = [...files].filter(([name]) => CONTRACT.test(name));
  return found && { file: found[0], text: found[1], operations: operationsOf(found[1]) };
}

function operationsOf(text: string): Operation[] {
  let root: { paths?: Record<string, Written | undefined>; security?: Security } | null;
  try {
    root = parse(text) as typeof root;
  } catch {
    return [];
  }
  return Object.entries(root?.paths ?? {}).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item?.[method];
      if (!operation) return [];
      const security = operation.security ?? root?.security;
      const isForAll = Array.isArray(security) && security.every((each) => Object.keys(each ?? {}).length === 0);
      return [{ name: `${method.toUpperCase()} ${path}`, path, id: operation.operationId, isForAll }];
    }),
  );
}
