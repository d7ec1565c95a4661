import { people } from "../oidc/people.ts";
import { botLogin, type GitHubOptions } from "./options.ts";

/** What an account may do with a repository; each includes those before it. */
export const accesses = ["read", "write", "admin"] as const;
export type Access = (typeof accesses)[number];

/** Who can act, or own: a person, an App's bot, the organisation. */
export interface Account {
  readonly id: number;
  readonly login: string;
  readonly type: "User" | "Bot" | "Organization";
  readonly name: string;
  readonly email: string;
}

/** The address that an account's commits carry. */
export const addressOf = ({ email, login }: Account) => email || `${login}@users.noreply.github.com`;

/** A person of the organisation, and what they may do with its repositories where a repository says nothing else. */
interface Member extends Account {
  readonly access: Access;
}

const FIRST_USER_ID = 1001;

const members: readonly Member[] = people.map(({ login, name, email, repositories }, index) => ({
  id: FIRST_USER_ID + index,
  login,
  type: "User",
  name,
  email,
  access: repositories,
}));

/** The accounts of a sandbox. Logins are compared without case, as GitHub does. */
export function createAccounts(options: GitHubOptions) {
  const { organisation: login, app } = options;
  const organisation: Account = { id: 1, login, type: "Organization", name: login, email: "" };
  const bot: Account = { id: 1999, login: botLogin(options), type: "Bot", name: app.slug, email: "" };
  const all = [organisation, bot, ...members];
  return {
    organisation,
    bot,
    members,
    isOrganisation: (name: string) => name.toLowerCase() === login.toLowerCase(),
    find: (name: string) => all.find((account) => account.login.toLowerCase() === name.toLowerCase()),
    member: (name: string) => members.find((member) => member.login === name.toLowerCase()),
    /** GitHub links a commit to a person by the address that stands in it: a guess, never a proof. */
    byEmail: (email: string) => members.find((member) => member.email === email.toLowerCase()),
  };
}

export type Accounts = ReturnType<typeof createAccounts>;
