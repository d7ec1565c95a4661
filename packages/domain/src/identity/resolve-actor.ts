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

/** The actor that a signed-in person is: their teams, roles and GitHub login as `teams/*.yaml` say now. */
export async function resolveActor(deps: { teams: TeamDirectory }, person: Person): Promise<Actor> {
  const memberships: Membership[] = [];
  let githubLogin: string | undefined;
  for (const team of await deps.teams.teams()) {
    const member = team.members.find(({ email }) => email.toLowerCase() === person.email.toLowerCase());
    if (!member) continue;
    memberships.push({ team: team.name, role: member.role });
    githubLogin ??= member.github;
  }
  return { ...person, githubLogin, memberships };
}
