/** The people of the sandbox. They have no passwords: they exist on this machine's loopback alone. */
export interface Person {
  /** Subject and GitHub login. */
  readonly login: string;
  readonly name: string;
  readonly email: string;
  readonly about: string;
}

export const people: readonly Person[] = [
  {
    login: "developer",
    name: "Dana Developer",
    email: "developer@example.com",
    about: "Creates services and pushes changes",
  },
  { login: "approver", name: "Alex Approver", email: "approver@example.com", about: "Approves releases to production" },
  { login: "admin", name: "Adrian Admin", email: "admin@example.com", about: "Owns the platform repository" },
  { login: "viewer", name: "Vera Viewer", email: "viewer@example.com", about: "Sees everything, changes nothing" },
];
