import { listWaitingReleases } from "@turnpike/domain/releases";
import { cookies } from "next/headers";
import type { ReactNode } from "react";
import { NoTeam } from "../../frame/no-team.tsx";
import { PersonMenu } from "../../frame/person-menu.tsx";
import { Rail } from "../../frame/rail.tsx";
import { isTheme, THEME_COOKIE } from "../../frame/theme.ts";
import { TopBar } from "../../frame/top-bar.tsx";
import { pageActor } from "../../server/actor.ts";
import { container } from "../../server/deps.ts";

/** The frame around every page. It shows who is signed in; each page asks for itself what that person may see. */
export default async function PortalLayout({ children }: { children: ReactNode }) {
  const actor = await pageActor();
  const deps = await container();
  const [waiting, jar] = await Promise.all([listWaitingReleases(deps, actor), cookies()]);
  const chosen = jar.get(THEME_COOKIE)?.value;
  return (
    <>
      <a
        href="#content"
        className="sr-only z-50 rounded-card bg-accent-fill px-4 py-2 text-on-fill focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        Skip to content
      </a>
      <div className="flex min-h-dvh">
        <Rail
          waiting={waiting.length}
          person={
            <PersonMenu
              name={actor.name}
              email={actor.email}
              teams={actor.memberships.map(({ team, role }) => `${team} (${role})`)}
              theme={isTheme(chosen) ? chosen : "system"}
            />
          }
        />
        <div className="flex min-w-0 flex-1 flex-col">
          <TopBar />
          <main id="content" tabIndex={-1} className="min-w-0 flex-1 px-4 pt-6 pb-24 outline-none sm:px-6 sm:pb-10">
            {actor.memberships.length === 0 ? <NoTeam email={actor.email} /> : children}
          </main>
        </div>
      </div>
    </>
  );
}
