import type { GitHub } from "../api.ts";
import type { RepositoryRecord } from "../rows.ts";

type Place = Pick<RepositoryRecord, "owner" | "name">;

/** A repository in the REST API. */
export const apiOf = ({ url }: Pick<GitHub, "url">, { owner, name }: Place) => `${url}/repos/${owner}/${name}`;

/** A repository's page for people. */
export const pageOf = ({ url }: Pick<GitHub, "url">, { owner, name }: Place) => `${url}/${owner}/${name}`;
