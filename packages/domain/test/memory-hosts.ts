import type { Pipelines } from "../src/pipelines/index.ts";
import type { Verifier } from "../src/platform/index.ts";
import type {
  PipelineStacks,
  Repository,
  RepositoryHost,
  TemplateDetail,
  Templates,
} from "../src/scaffolding/index.ts";
import type { Standards } from "../src/standards/index.ts";

/** When a call of a fake host raises: before it did anything, or after it did everything (the answer is lost). */
interface Fault {
  readonly at: "before" | "after";
  readonly error: Error;
}

/** Faults by method, each for one call. */
function faultsOf() {
  const planned = new Map<string, Fault[]>();
  return {
    plan(method: string, fault: Fault) {
      planned.set(method, [...(planned.get(method) ?? []), fault]);
    },
    async run<T>(method: string, work: () => T): Promise<T> {
      const fault = planned.get(method)?.shift();
      if (fault?.at === "before") throw fault.error;
      const result = work();
      if (fault) throw fault.error;
      return result;
    },
  };
}

/** GitHub in memory: repositories with their markers, and how often something was made. */
export function createMemoryHost() {
  const repositories = new Map<string, { repository: Repository; head: string | undefined }>();
  const made: string[] = [];
  const faults = faultsOf();
  const repositoryOf = (fullName: string, marker: string | undefined): Repository => ({
    fullName,
    htmlUrl: `https://github.com/${fullName}`,
    cloneUrl: `https://github.com/${fullName}.git`,
    defaultBranch: "main",
    marker,
  });

  const host: RepositoryHost = {
    async find(fullName) {
      return repositories.get(fullName)?.repository;
    },
    ensureRepository: ({ fullName, marker }) =>
      faults.run("ensureRepository", () => {
        const known = repositories.get(fullName)?.repository;
        if (known) return { kind: known.marker === marker ? "ours" : "taken", repository: known };
        const repository = repositoryOf(fullName, marker);
        repositories.set(fullName, { repository, head: undefined });
        made.push(`repository ${fullName}`);
        return { kind: "ours", repository };
      }),
    async head(fullName) {
      return repositories.get(fullName)?.head;
    },
    ensureFirstCommit: ({ fullName }) =>
      faults.run("ensureFirstCommit", () => {
        const known = repositories.get(fullName);
        if (!known) throw new Error(`There is no repository ${fullName}.`);
        if (known.head) return { sha: known.head };
        const sha = "c".repeat(40);
        repositories.set(fullName, { ...known, head: sha });
        made.push(`first commit ${fullName}`);
        return { sha };
      }),
    async commits() {
      return [];
    },
    async pushes() {
      return [];
    },
  };
  return {
    host,
    /** Everything that was made, in order. */
    made: made as readonly string[],
    fault: faults.plan,
    /** A repository that someone else made. */
    addForeign(fullName: string, marker?: string) {
      repositories.set(fullName, { repository: repositoryOf(fullName, marker), head: "d".repeat(40) });
    },
  };
}

const template: TemplateDetail = {
  name: "http-api",
  version: "1.0.0",
  title: "HTTP API",
  description: "A function behind an HTTP API",
  tags: [],
  owner: "platform",
  figures: undefined,
  sections: [],
};

/** One template, whose parameters are valid unless they hold `invalid`. */
export function createMemoryTemplates(offered: TemplateDetail = template): Templates {
  return {
    async list() {
      return { templates: [offered], broken: [] };
    },
    async find(name) {
      return name === offered.name ? offered : undefined;
    },
    async validate(_name, parameters) {
      return "invalid" in parameters
        ? { kind: "invalid", problems: [{ field: "/invalid", message: "Not known." }] }
        : { kind: "valid", parameters: { ...parameters } };
    },
    async render(_name, { name }) {
      return [
        { path: "README.md", content: new TextEncoder().encode(`# ${name}\n`), mode: 0o644 },
        { path: "script/build", content: new Uint8Array([0xff, 0xfe]), mode: 0o755 },
      ];
    },
  };
}

interface Published {
  readonly bucket: string;
  readonly standards: Standards;
  readonly before: readonly string[];
}

/** Stacks that are ready at the second look, and a pipeline that has run once by then. */
export function createMemoryAws() {
  const stacks = new Set<string>();
  const made: string[] = [];
  const published: Published[] = [];
  const faults = faultsOf();
  const executions = new Map<string, string>();
  const stackPort: PipelineStacks = {
    ensure: ({ service }) =>
      faults.run("ensure", () => {
        if (stacks.has(service)) {
          executions.set(service, `${service}-1`);
          return { kind: "ready", pipeline: service };
        }
        stacks.add(service);
        made.push(`stack ${service}`);
        return { kind: "in-progress", detail: "Being made" };
      }),
  };
  const pipelines: Pick<Pipelines, "list"> = {
    async list(pipeline) {
      const id = executions.get(pipeline);
      return id ? [{ id, status: "running", updatedAt: new Date(0) }] : undefined;
    },
  };
  const verifier: Verifier = {
    publish: (bucket, { standards }) =>
      faults.run("publish", () => {
        published.push({ bucket, standards, before: [...made] });
      }),
  };
  return {
    ...{ stacks: stackPort, pipelines, verifier, made: made as readonly string[], fault: faults.plan },
    /** Each time the verifier was published, with what had been made by then. */
    published: published as readonly Published[],
  };
}
