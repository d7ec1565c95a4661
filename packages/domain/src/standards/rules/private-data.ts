import { type Json, referencesIn } from "@turnpike/cloudformation";
import { allowancesOf } from "../allowances.ts";
import { branchesOf, memberOf } from "../branches.ts";
import type { Item, Subject } from "../subject.ts";

/** Databases and caches that are reached inside a VPC. */
const STORE = /^AWS::(RDS|ElastiCache|DAX|DocDB|MemoryDB|Neptune|Redshift)::/;
/** Actions that open a connection to one. `rds-data` needs none: it is called like any AWS API. */
const CONNECTS = /^(rds-db:connect|elasticache:connect|memorydb:connect|dax:|neptune-db:)/i;
/** Variables that look like the place of one. */
const PLACE =
  /(^|_)(DB|DATABASE|RDS|PG|POSTGRES|MYSQL|REDIS|VALKEY|CACHE|MEMCACHED|DAX)_?(HOST|ENDPOINT|URL|URI|ADDRESS)$/i;

/** Whether a function reaches data in a VPC, as far as its variables and its role tell. */
export function reachOf(subject: Subject, item: Item): "private" | "perhaps" | "none" {
  const variables = branchesOf(item.properties.Environment).map(({ value }) => memberOf(value, "Variables"));
  const allowed = allowancesOf(subject, item).flatMap(({ actions }) => actions);
  const references = variables.flatMap((value) => referencesIn(value ?? null));
  const stores = references.filter(({ name }) => STORE.test(subject.expanded.resources.get(name)?.type ?? ""));
  const hasPlace = stores.some(
    (each) => each.kind === "attribute" && /Endpoint|Address|Discovery/.test(each.attribute),
  );
  if (hasPlace || allowed.some((action) => CONNECTS.test(action))) return "private";
  if (stores.length > 0 && !allowed.some((action) => action.startsWith("rds-data:"))) return "perhaps";
  return variables.some(hasPlaceName) ? "perhaps" : "none";
}

function hasPlaceName(variables: Json | undefined): boolean {
  return branchesOf(variables).some(({ value }) => Object.keys(value ?? {}).some((name) => PLACE.test(name)));
}
