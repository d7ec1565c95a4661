/** dynalite ships no types; these are of what `engine.ts` calls. */
declare module "dynalite/db/index.js" {
  const db: import("./engine.ts").DynaliteDb;
  export default db;
}
declare module "dynalite/validations/index.js" {
  const validations: import("./engine.ts").DynaliteChecks;
  export default validations;
}
declare module "dynalite/actions/*" {
  const action: import("./engine.ts").DynaliteAction;
  export default action;
}
declare module "dynalite/validations/*" {
  const rules: import("./engine.ts").DynaliteRules;
  export default rules;
}
