import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { type AdvisoryIndex, judgeStandards, openSubject, type RuleResult } from "@turnpike/domain/standards";
import { createTemplates, type RenderedFile } from "@turnpike/templating";
import { type ActionReport, executionsOf, follow } from "./pipeline.ts";
import { openThrowaway, type Throwaway } from "./throwaway.ts";

export interface DryRunOptions {
  /** The folder of a template: `template.yaml` and what it renders. */
  readonly directory: string;
  /** Where the template asks for a processor and none is given, it is this machine's. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** What is known against components; left out: nothing is, and the rule that asks isn't decided. */
  readonly advisories?: AdvisoryIndex;
  /** Looks at the cloud once all is released, before it is gone. */
  readonly onReleased?: (cloud: Throwaway) => Promise<void>;
  readonly onFiles?: (files: readonly RenderedFile[]) => void;
  readonly onStandards?: (broken: readonly RuleResult[]) => void;
  readonly onAction?: (release: number, report: ActionReport) => void;
}

export interface DryRunReport {
  readonly files: number;
  /** Rules that aren't kept, or that reading doesn't decide. */
  readonly standards: readonly RuleResult[];
  /** Of the first release, and of the one after it. */
  readonly releases: readonly { readonly isDone: boolean; readonly actions: readonly ActionReport[] }[];
  readonly passed: boolean;
}

const SERVICE = "orders";
const NEWS: RenderedFile = {
  path: "CHANGES.md",
  content: new TextEncoder().encode("# Changes\n\nA second release.\n"),
  mode: 0o644,
};

/**
 * Takes a template down the whole road, in a cloud of its own that is gone afterwards: it is rendered, judged by every
 * rule, pushed to a repository, built and tested by its pipeline, deployed to dev and prod, and then released a second
 * time, because an update is what most releases are. Raises `Error` for parameters that the template doesn't take.
 */
export async function dryRun(options: DryRunOptions): Promise<DryRunReport> {
  const files = await render(options);
  options.onFiles?.(files);
  const standards = judge(files, options.advisories);
  options.onStandards?.(standards);
  const cloud = await openThrowaway(SERVICE);
  try {
    const releases: { isDone: boolean; actions: ActionReport[] }[] = [];
    const release = async (changed: readonly RenderedFile[], message: string) => {
      const actions: ActionReport[] = [];
      const before = releases.length === 0 ? [] : await executionsOf(cloud, SERVICE);
      await cloud.push(changed, message);
      if (releases.length === 0) await cloud.deployPipeline();
      let execution: string | undefined;
      while (!execution) {
        await setTimeout(20);
        execution = (await executionsOf(cloud, SERVICE)).find((id) => !before.includes(id));
      }
      const number = releases.length + 1;
      const isDone = await follow(cloud, { service: SERVICE, execution }, (report) => {
        actions.push(report);
        options.onAction?.(number, report);
      });
      releases.push({ isDone, actions });
      return isDone;
    };
    if (await release(files, "Create orders")) await release([NEWS], "Release again");
    await options.onReleased?.(cloud);
    const isBroken = standards.some(({ outcome }) => outcome === "block");
    const passed = !isBroken && releases.length === 2 && releases.every(({ isDone }) => isDone);
    return { files: files.length, standards, releases, passed };
  } finally {
    await cloud.stop();
  }
}

async function render({ directory, parameters }: DryRunOptions): Promise<RenderedFile[]> {
  const cacheDir = mkdtempSync(path.join(tmpdir(), "turnpike-render-"));
  const templates = createTemplates({ directory: path.dirname(directory), cacheDir });
  try {
    const name = path.basename(directory);
    const asked = await templates.validate(name, { ...(await ofThisMachine(templates, name)), ...parameters });
    if (asked.kind !== "valid") throw new Error(`${name} doesn't take these parameters: ${JSON.stringify(asked)}`);
    return await templates.render(name, {
      ...{ name: SERVICE, owner: "payments", description: "A dry run", serviceId: "svc_dry_run" },
      ...{ repository: `acme/${SERVICE}`, environments: ["dev", "prod"], parameters: asked.parameters },
    });
  } finally {
    await templates.close();
    rmSync(cacheDir, { recursive: true, force: true });
  }
}

/** A program that is compiled must be for the processor that it is tried on, whatever a template would choose. */
async function ofThisMachine(
  templates: Pick<ReturnType<typeof createTemplates>, "find">,
  name: string,
): Promise<Record<string, unknown>> {
  const { sections = [] } = (await templates.find(name)) ?? {};
  const isAsked = sections.some(({ schema }) => "architecture" in (schema.properties as object));
  return isAsked ? { architecture: process.arch === "arm64" ? "arm64" : "x86_64" } : {};
}

function judge(files: readonly RenderedFile[], advisories: AdvisoryIndex | undefined): RuleResult[] {
  const texts = new Map(files.map(({ path: name, content }) => [name, new TextDecoder().decode(content)]));
  const file = "template.yaml";
  const subject = openSubject({
    file,
    text: texts.get(file) ?? "",
    files: texts,
    delivery: { byTurnpike: true, served: null, advisories },
  });
  const results = judgeStandards(subject, { service: SERVICE, today: new Date().toISOString().slice(0, 10) });
  return results.filter(({ outcome }) => outcome !== "pass" && outcome !== "not-applicable");
}
