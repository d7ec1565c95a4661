/**
 * Who may import whom. Each rule is one sentence of docs/architecture.md and has a planted violation in
 * test/architecture: change all three together.
 */
const rule = (name, comment, from, to) => ({ name, comment, severity: "error", from, to });

/** Tests and development scripts may reach what product code may not. */
const tests = "\\.(test|contract|spec)\\.tsx?$|/(e2e|test|test-support)/";

module.exports = {
  forbidden: [
    rule(
      "domain-is-pure",
      "The domain imports kernel, cloudformation and templating only: no SDK, Prisma, Next, config or adapter.",
      { path: "^packages/domain/", pathNot: tests },
      {
        path: "^(apps|infra|packages/(?!(domain|kernel|cloudformation|templating)/))|node_modules/(@aws-sdk|@octokit|octokit|@prisma|next|pg|pg-boss)/",
      },
    ),
    rule(
      "slices-meet-at-the-front-door",
      "One domain slice reaches another through its index.ts.",
      { path: "^packages/domain/src/([^/]+)/", pathNot: tests },
      { path: "^packages/domain/src/([^/]+)/", pathNot: "^packages/domain/src/($1/|[^/]+/index\\.ts$)" },
    ),
    rule(
      "one-composition-root",
      "In an app, only container.ts builds adapters.",
      { path: "^apps/", pathNot: `/container\\.ts$|${tests}` },
      { path: "^packages/(aws|github|store)/" },
    ),
    rule(
      "adapters-do-not-know-each-other",
      "Adapters meet in a container, never directly.",
      { path: "^packages/(aws|github|store)/", pathNot: tests },
      { path: "^packages/(aws|github|store)/", pathNot: "^packages/$1/" },
    ),
    rule(
      "the-sandbox-is-not-the-product",
      "Product code never imports the sandbox; tests and development scripts may.",
      { path: "^(apps|packages/(?!sandbox/))", pathNot: tests },
      { path: "^packages/sandbox/" },
    ),
    rule(
      "the-sandbox-knows-only-pure-packages",
      "The sandbox imports kernel and cloudformation of ours, nothing else.",
      { path: "^packages/sandbox/", pathNot: tests },
      { path: "^packages/", pathNot: "^packages/(sandbox|kernel|cloudformation)/" },
    ),
    rule(
      "pure-packages-import-kernel",
      "cloudformation and templating import kernel of ours, nothing else.",
      { path: "^packages/(cloudformation|templating)/", pathNot: tests },
      { path: "^packages/", pathNot: "^packages/($1|kernel)/" },
    ),
    rule(
      "leaves-import-no-sibling",
      "kernel, config and ui import no other package of ours.",
      { path: "^packages/(kernel|config|ui)/", pathNot: tests },
      { path: "^packages/", pathNot: "^packages/$1/" },
    ),
    rule("nothing-imports-apps", "Apps are the top of the graph.", { path: "^packages/" }, { path: "^apps/" }),
    rule("no-cycles", "A cycle means that two modules are one.", {}, { circular: true }),
    // Without this, an import that the cruiser cannot resolve matches no path and every rule above passes.
    rule(
      "no-unresolvable",
      "Every import resolves.",
      {},
      // Newer than the list of Node's own modules that the cruiser carries.
      { couldNotResolve: true, pathNot: "^node:sqlite$" },
    ),
  ],
  options: {
    doNotFollow: { path: "node_modules|generated" },
    exclude: { path: "/\\.scratch/|next-env\\.d\\.ts$|\\.next/|/generated/|/skeleton/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    // Follows workspace imports such as @turnpike/domain/releases through package.json "exports".
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "types", "node", "default"],
      extensions: [".ts", ".tsx", ".js", ".mjs", ".cjs", ".json"],
    },
  },
};
