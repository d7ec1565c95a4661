/**
 * `npm run bench -- NAME`: starts what it needs on free ports, measures, stops it, and prints one JSON object a line.
 * Without a name: the list.
 */
const benches: Record<string, { about: string; load: () => Promise<{ run: () => Promise<void> }> }> = {
  scaffold: {
    about: "from POST to repository, first commit and platform commit",
    load: () => import("./bench/scaffold.ts"),
  },
  pipeline: {
    about: "a whole pipeline against the same commands in a plain shell",
    load: () => import("./bench/pipeline.ts"),
  },
  wire: {
    about: "operations that round-trip exactly with the JavaScript SDK and with botocore",
    load: () => import("./bench/wire.ts"),
  },
  moto: { about: "the same calls to the sandbox and to moto", load: () => import("./bench/moto.ts") },
  crash: { about: "the sandbox killed 50 times while clients write", load: () => import("./bench/crash.ts") },
  recorded: {
    about: "calls answered as AWS answered them, by the recordings in the folder RECORDINGS",
    load: () => import("./bench/recorded.ts"),
  },
  sam: { about: "our expansion of SAM against AWS's translator", load: () => import("./bench/sam.ts") },
  query: {
    about: "questions about a million metric points, a million log lines and their traces",
    load: () => import("./bench/query.ts"),
  },
  invoke: {
    about: "a Lambda function's invocations: in the runtime, over HTTP, and how many a second",
    load: () => import("./bench/invoke.ts"),
  },
  sandbox: {
    about: "the sandbox's start and its memory, idle and with 200 services",
    load: () => import("./bench/sandbox.ts"),
  },
  render: {
    about: "how fast templates are rendered in the warm restricted process",
    load: () => import("./bench/render.ts"),
  },
  paths: {
    about: "how large the golden paths are, how fast they start and what they cost [--write]",
    load: () => import("./bench/paths.ts"),
  },
  oracles: {
    about: "how far the standards agree with cfn-lint-serverless and checkov",
    load: () => import("./bench/oracles.ts"),
  },
  standards: {
    about: "every rule on one repository, and on a thousand",
    load: () => import("./bench/standards.ts"),
  },
  push: { about: "from the end of git push to the pipeline's execution", load: () => import("./bench/push.ts") },
  start: { about: "npm start to the sign-in page, and memory when idle", load: () => import("./bench/start.ts") },
  fresh: { about: "a fresh clone to the sign-in page, npm's cache warm", load: () => import("./bench/fresh.ts") },
};

const name = process.argv[2] ?? "";
const bench = benches[name];
if (bench) {
  const { run } = await bench.load();
  await run();
} else {
  if (name) console.error(`There is no bench "${name}".`);
  for (const [key, { about }] of Object.entries(benches)) console.error(`  ${key.padEnd(10)} ${about}`);
  process.exitCode = 1;
}
