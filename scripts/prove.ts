/**
 * `npm run prove -- NAME`: what the tests try in part, in full, for as long as it takes. Ends with status 1 when it finds
 * anything. Without a name: the list.
 */
const proofs: Record<string, { about: string; load: () => Promise<{ run: (args: string[]) => Promise<boolean> }> }> = {
  journey: {
    about: "the journeys in a browser, with AWS's own delays",
    load: () => import("./prove/journey.ts"),
  },
  sam: {
    about: "our expansion of SAM against AWS's translator: every pair of properties, and more at random [SEED]",
    load: () => import("./prove/sam.ts"),
  },
};

const [name = "", ...args] = process.argv.slice(2);
const proof = proofs[name];
if (proof) {
  const { run } = await proof.load();
  process.exitCode = (await run(args)) ? 0 : 1;
} else {
  if (name) console.error(`There is no proof "${name}".`);
  for (const [key, { about }] of Object.entries(proofs)) console.error(`  ${key.padEnd(10)} ${about}`);
  process.exitCode = 1;
}
