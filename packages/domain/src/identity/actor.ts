/** What a person may do in a team, as `teams/*.yaml` says. Each role includes those before it. */
export type Role = "viewer" | "developer" | "approver" | "admin";

export interface Membership {
  readonly team: string;
  readonly role: Role;
}

/** The person who acts: known by their sign-in, linked to a GitHub login by their team's document. */
export interface Actor {
  /** OpenID Connect issuer and subject: the only identity that counts. */
  readonly issuer: string;
  readonly subject: string;
  readonly email: string;
  readonly name: string;
  /** The GitHub accounts that team documents link to this person: none, one, or, where two teams disagree, each. */
  readonly githubLogins: readonly string[];
  readonly memberships: readonly Membership[];
}
