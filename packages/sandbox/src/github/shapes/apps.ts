import type { GitHub } from "../api.ts";
import { granted, subscribedEvents } from "../app-permissions.ts";
import { INSTALLATION_ID } from "../options.ts";
import { accountShape, FOUNDED } from "./accounts.ts";
import type { Schemas } from "./schemas.ts";

/** The App and its installation as GitHub shows them. Source: https://docs.github.com/en/rest/apps, API version 2022-11-28. */

export function appShape({ options, accounts, url }: GitHub) {
  const { id, slug } = options.app;
  return {
    id,
    slug,
    node_id: "A_1",
    client_id: `Iv1.${id}`,
    owner: accountShape(url, accounts.organisation),
    name: "Turnpike",
    description: "",
    external_url: url,
    html_url: `${url}/apps/${slug}`,
    created_at: FOUNDED,
    updated_at: FOUNDED,
    permissions: granted,
    events: [...subscribedEvents],
  } satisfies Schemas["integration"];
}

export function installationShape({ options, accounts, url }: GitHub): Schemas["installation"] {
  return {
    id: INSTALLATION_ID,
    account: accountShape(url, accounts.organisation),
    repository_selection: "all",
    access_tokens_url: `${url}/app/installations/${INSTALLATION_ID}/access_tokens`,
    repositories_url: `${url}/installation/repositories`,
    html_url: `${url}/organizations/${options.organisation}/settings/installations/${INSTALLATION_ID}`,
    app_id: options.app.id,
    app_slug: options.app.slug,
    target_id: accounts.organisation.id,
    target_type: "Organization",
    permissions: granted,
    events: [...subscribedEvents],
    single_file_name: null,
    suspended_by: null,
    suspended_at: null,
    created_at: FOUNDED,
    updated_at: FOUNDED,
  };
}
