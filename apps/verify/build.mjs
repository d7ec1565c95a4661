/** `npm run build`: the verifier as one file, `dist/verify.mjs`, which needs nothing but Node.js 24. */
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";

const here = path.dirname(fileURLToPath(import.meta.url));

/** Bundles the verifier into `file`. */
export async function buildVerifier(file) {
  await build({
    input: path.join(here, "src/main.ts"),
    platform: "node",
    // The SDK loads parts of itself when it needs them: here everything is in one file.
    output: { file, format: "esm", minify: true, codeSplitting: false },
    logLevel: "warn",
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildVerifier(path.join(here, "dist/verify.mjs"));
