import type { Actor, Membership } from "./actor.ts";

/** A person as the identity provider knows them. */
export interface Person {
  readonly issuer: string;
  readonly subject: string;
  readonly email: string;
  readonly name: string;
}

/** Team documents, as far as they speak of people. */
export interface TeamDirectory {
  teams(): Promise<
    readonly { name: string; members: readonly { email: string; github: string; role: Membership["role"] }[] }[]
  >;
}

/** The actor that a signed-in person is: their teams, roles and GitHub logins as `teams/*.yaml` say now. */
export async function resolveActor(deps: { teams: TeamDirectory }, person: Person): Promise<Actor> {
  const memberships: Membership[] = [];
  const githubLogins = new Set<string>();
  for (const team of await deps.teams.teams()) {
    for (const { email, github, role } of team.members) {
      if (email.toLowerCase() !== person.email.toLowerCase()) continue;
      memberships.push({ team: team.name, role });
      githubLogins.add(github);
    }
  }
  return { ...person, githubLogins: [...githubLogins], memberships };
}
