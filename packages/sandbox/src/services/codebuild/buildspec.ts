import { parse, YAMLParseError } from "yaml";

/**
 * Build specification, version 0.2: the parts that this sandbox runs, checked.
 * https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html
 */
export interface BuildSpec {
  readonly shell: "sh" | "bash";
  readonly variables: Readonly<Record<string, string>>;
  readonly exportedVariables: readonly string[];
  readonly phases: Readonly<Partial<Record<PhaseName, PhaseSpec>>>;
  readonly reports: readonly ReportSpec[];
  readonly artifacts: ArtifactSpec | undefined;
  readonly secondaryArtifacts: Readonly<Record<string, ArtifactSpec>>;
  /** Parts that are valid on AWS and do nothing here; the build's log names them. */
  readonly ignored: readonly string[];
}

export const PHASES = ["install", "pre_build", "build", "post_build"] as const;
export type PhaseName = (typeof PHASES)[number];

interface PhaseSpec {
  readonly commands: readonly string[];
  readonly finally: readonly string[];
  readonly onFailure: "ABORT" | "CONTINUE" | undefined;
  readonly runtimeVersions: Readonly<Record<string, string>>;
}

export interface ReportSpec {
  /** Name of a group of this project, or the ARN of any. */
  readonly group: string;
  readonly files: readonly string[];
  readonly baseDirectory: string;
  readonly format: string;
}

export interface ArtifactSpec {
  readonly files: readonly string[];
  readonly excluded: readonly string[];
  readonly baseDirectory: string;
  readonly discardPaths: boolean;
  readonly name: string | undefined;
}

/** The specification can't be run; AWS reports it as `YAML_FILE_ERROR` in the phase that reads it. */
export class BuildSpecError extends Error {}

type Mapping = Readonly<Record<string, unknown>>;

const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Reads a specification. Raises `BuildSpecError` with a message that names the place. */
export function parseBuildSpec(text: string): BuildSpec {
  const spec = mapping(parseYaml(text), "The build specification");
  if (String(spec.version) !== "0.2")
    throw new BuildSpecError(`sandbox: version ${String(spec.version)} isn't supported, only 0.2`);
  const env = mapping(spec.env ?? {}, "env");
  for (const name of ["parameter-store", "secrets-manager"]) {
    if (env[name] !== undefined) throw new BuildSpecError(`sandbox: env.${name} is not implemented`);
  }
  if (spec["run-as"] !== undefined) throw new BuildSpecError("sandbox: run-as is not implemented");
  const phases = mapping(spec.phases ?? {}, "phases");
  for (const name of Object.keys(phases)) {
    if (!PHASES.some((known) => known === name))
      throw new BuildSpecError(`Invalid phase name: ${name}. Expecting: ${PHASES.join(",")}`);
  }
  const artifacts = spec.artifacts === undefined ? undefined : mapping(spec.artifacts, "artifacts");
  const secondary = mapping(artifacts?.["secondary-artifacts"] ?? {}, "artifacts.secondary-artifacts");
  return {
    shell: shellOf(env.shell),
    variables: Object.fromEntries(
      Object.entries(mapping(env.variables ?? {}, "env.variables")).map(([name, value]) => [
        variableName(name, "env.variables"),
        scalar(value, `env.variables.${name}`),
      ]),
    ),
    exportedVariables: texts(env["exported-variables"], "env.exported-variables").map((name) =>
      variableName(name, "env.exported-variables"),
    ),
    phases: Object.fromEntries(
      Object.entries(phases).map(([name, value]) => [name, phaseOf(mapping(value ?? {}, `phases.${name}`), name)]),
    ),
    reports: Object.entries(mapping(spec.reports ?? {}, "reports")).map(([group, value]) => reportOf(group, value)),
    artifacts: artifacts?.files === undefined ? undefined : artifactOf(artifacts, "artifacts"),
    secondaryArtifacts: Object.fromEntries(
      Object.entries(secondary).map(([name, value]) => {
        const where = `artifacts.secondary-artifacts.${name}`;
        return [name, artifactOf(mapping(value, where), where)];
      }),
    ),
    ignored: ["cache", "batch", "proxy"].filter((name) => spec[name] !== undefined),
  };
}

function phaseOf(phase: Mapping, name: string): PhaseSpec {
  const where = `phases.${name}`;
  if (phase["run-as"] !== undefined) throw new BuildSpecError(`sandbox: ${where}.run-as is not implemented`);
  const onFailure = phase["on-failure"];
  if (onFailure !== undefined && onFailure !== "ABORT" && onFailure !== "CONTINUE") {
    throw new BuildSpecError(`sandbox: ${where}.on-failure must be ABORT or CONTINUE, not ${String(onFailure)}`);
  }
  const versions = mapping(phase["runtime-versions"] ?? {}, `${where}.runtime-versions`);
  return {
    commands: texts(phase.commands, `${where}.commands`),
    finally: texts(phase.finally, `${where}.finally`),
    onFailure,
    runtimeVersions: Object.fromEntries(
      Object.entries(versions).map(([runtime, value]) => [runtime, scalar(value, where)]),
    ),
  };
}

function reportOf(group: string, value: unknown): ReportSpec {
  const report = mapping(value, `reports.${group}`);
  return {
    group,
    files: texts(report.files, `reports.${group}.files`),
    baseDirectory: report["base-directory"] === undefined ? "." : scalar(report["base-directory"], `reports.${group}`),
    format:
      report["file-format"] === undefined
        ? "JUNITXML"
        : scalar(report["file-format"], `reports.${group}`).toUpperCase(),
  };
}

function artifactOf(artifact: Mapping, where: string): ArtifactSpec {
  const files = texts(artifact.files, `${where}.files`);
  if (files.length === 0) throw new BuildSpecError(`${where}.files must name at least one file`);
  return {
    files,
    excluded: texts(artifact["exclude-paths"], `${where}.exclude-paths`),
    baseDirectory: artifact["base-directory"] === undefined ? "." : scalar(artifact["base-directory"], where),
    discardPaths: ["true", "yes"].includes(String(artifact["discard-paths"] ?? "no").toLowerCase()),
    name: artifact.name === undefined ? undefined : scalar(artifact.name, where),
  };
}

function shellOf(value: unknown): "sh" | "bash" {
  if (value === undefined || value === "/bin/sh" || value === "sh") return "sh";
  if (value === "bash" || value === "/bin/bash") return "bash";
  throw new BuildSpecError(`sandbox: env.shell ${String(value)} is not implemented`);
}

function parseYaml(text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof YAMLParseError) throw new BuildSpecError(error.message, { cause: error });
    throw error;
  }
}

function mapping(value: unknown, where: string): Mapping {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Mapping;
  throw new BuildSpecError(`${where} must be a mapping`);
}

/** A list of texts; a single text counts as a list of one, as AWS takes it. */
function texts(value: unknown, where: string): string[] {
  if (value === undefined || value === null) return [];
  return (Array.isArray(value) ? value : [value]).map((item) => scalar(item, where));
}

function scalar(value: unknown, where: string): string {
  if (["string", "number", "boolean"].includes(typeof value)) return String(value);
  throw new BuildSpecError(`${where}: expected a text, found ${value === null ? "nothing" : typeof value}`);
}

function variableName(name: string, where: string): string {
  if (VARIABLE_NAME.test(name)) return name;
  throw new BuildSpecError(`${where}: "${name}" isn't a name that a shell takes`);
}
