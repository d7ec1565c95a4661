/** The people of the sandbox. They have no passwords: they exist on this machine's loopback alone. */
export interface Person {
  /** Subject and GitHub login. */
  readonly login: string;
  readonly name: string;
  readonly email: string;
  readonly about: string;
  /** What GitHub's organisation lets them do with its repositories. */
  readonly repositories: "read" | "write" | "admin";
}

export const people: readonly Person[] = [
  {
    login: "developer",
    name: "Dana Developer",
    email: "developer@example.com",
    about: "Creates services and pushes changes",
    repositories: "write",
  },
  {
    login: "approver",
    name: "Alex Approver",
    email: "approver@example.com",
    about: "Approves releases to production",
    repositories: "write",
  },
  {
    login: "admin",
    name: "Adrian Admin",
    email: "admin@example.com",
    about: "Owns the platform repository",
    repositories: "admin",
  },
  {
    login: "viewer",
    name: "Vera Viewer",
    email: "viewer@example.com",
    about: "Sees everything, changes nothing",
    repositories: "read",
  },
];
