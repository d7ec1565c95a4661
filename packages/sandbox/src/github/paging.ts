import type { ApiRequest, GitHub } from "./api.ts";

const DEFAULT_PER_PAGE = 30;
const MOST_PER_PAGE = 100;

/** `per_page` and `page` with GitHub's default (unless another is given) and limits. */
export function paging(query: URLSearchParams, defaultPerPage = DEFAULT_PER_PAGE) {
  const perPage = Math.min(
    MOST_PER_PAGE,
    Math.max(1, Number(query.get("per_page") ?? defaultPerPage) || defaultPerPage),
  );
  const page = Math.max(1, Number(query.get("page") ?? 1) || 1);
  return { perPage, page, skip: (page - 1) * perPage };
}

/** The `Link` header: for each relation (`next`, `prev`, …) the same address with other parameters. */
export function linkHeader(
  github: GitHub,
  request: ApiRequest,
  relations: Readonly<Record<string, Readonly<Record<string, string>> | undefined>>,
): Record<string, string> {
  const links = Object.entries(relations).flatMap(([relation, parameters]) => {
    if (!parameters) return [];
    const url = new URL(request.raw.url ?? "/", github.url);
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return [`<${url.href}>; rel="${relation}"`];
  });
  return links.length > 0 ? { link: links.join(", ") } : {};
}

/** Links of a numbered page. `last` is left out where it isn't known. */
export function pageLinks(github: GitHub, request: ApiRequest, page: number, more: boolean, last?: number) {
  const at = (number: number) => ({ page: String(number) });
  return linkHeader(github, request, {
    prev: page > 1 ? at(page - 1) : undefined,
    next: more ? at(page + 1) : undefined,
    last: more && last !== undefined ? at(last) : undefined,
    first: page > 1 ? at(1) : undefined,
  });
}

/** A page of a list that is all there. */
export function pageOf<T>(github: GitHub, request: ApiRequest, all: readonly T[]) {
  const { perPage, page, skip } = paging(request.query);
  const headers = pageLinks(github, request, page, all.length > skip + perPage, Math.ceil(all.length / perPage));
  return { items: all.slice(skip, skip + perPage), headers };
}
