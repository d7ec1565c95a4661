import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CloudWatchLogsClient, GetLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  BatchGetBuildsCommand,
  BatchGetReportsCommand,
  type Build,
  CodeBuildClient,
  CreateProjectCommand,
  DescribeTestCasesCommand,
  ListBuildsForProjectCommand,
  type ProjectArtifacts,
  type ProjectSource,
  StartBuildCommand,
  StopBuildCommand,
} from "@aws-sdk/client-codebuild";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { expect, onTestFinished, test } from "vitest";
import {
  clientSettings,
  REGION,
  roleForTest,
  sandboxForTest,
  TOOLING,
  temporaryFolder,
} from "../../../test/support.ts";
import type { HttpFront } from "../../core/fronts.ts";
import { createClock, type Sandbox, type SandboxOptions } from "../../index.ts";
import { cloudwatch } from "../cloudwatch/index.ts";
import { iam } from "../iam/index.ts";
import { logs } from "../logs/index.ts";
import { s3 } from "../s3/index.ts";
import { sts } from "../sts/index.ts";
import { defineCodeBuild } from "./index.ts";
import { listZip, packZip, readFromZip, unpackZip } from "./zip.ts";

const roleArn = `arn:aws:iam::${TOOLING}:role/build`;
const services = [iam, sts, s3, cloudwatch, logs, defineCodeBuild({ concurrentBuilds: 2, graceMs: 300 })];
const noSource: ProjectSource = { type: "NO_SOURCE" };

async function withRole(options: Partial<SandboxOptions> = {}): Promise<Sandbox> {
  const sandbox = await sandboxForTest({ services, ...options });
  const principal = { Service: "codebuild.amazonaws.com" };
  await roleForTest(sandbox, { name: "build", principal, actions: ["s3:GetObject", "s3:PutObject"] });
  return sandbox;
}

const client = (sandbox: Sandbox) => new CodeBuildClient(clientSettings(sandbox));

async function project(
  sandbox: Sandbox,
  name: string,
  more: { source?: ProjectSource; artifacts?: ProjectArtifacts; secondaryArtifacts?: ProjectArtifacts[] } = {},
) {
  await client(sandbox).send(
    new CreateProjectCommand({
      name,
      serviceRole: roleArn,
      source: noSource,
      artifacts: { type: "NO_ARTIFACTS" },
      environment: {
        type: "LINUX_CONTAINER",
        image: "aws/codebuild/standard:7.0",
        computeType: "BUILD_GENERAL1_SMALL",
      },
      timeoutInMinutes: 5,
      ...more,
    }),
  );
}

async function start(
  sandbox: Sandbox,
  projectName: string,
  buildspecOverride: string,
  more: object = {},
): Promise<string> {
  const { build } = await client(sandbox).send(new StartBuildCommand({ projectName, buildspecOverride, ...more }));
  return build?.id ?? "";
}

async function get(sandbox: Sandbox, id: string): Promise<Build> {
  const { builds } = await client(sandbox).send(new BatchGetBuildsCommand({ ids: [id] }));
  return builds?.[0] ?? {};
}

async function ended(sandbox: Sandbox, id: string): Promise<Build> {
  return expect
    .poll(async () => get(sandbox, id), { timeout: 20_000, interval: 20 })
    .toMatchObject({ buildComplete: true })
    .then(() => get(sandbox, id));
}

const run = async (sandbox: Sandbox, name: string, spec: string, more: object = {}) =>
  ended(sandbox, await start(sandbox, name, spec, more));

const phase = (build: Build, type: string) => build.phases?.find(({ phaseType }) => phaseType === type);

test("commands share variables and folder, and what is exported is told", async () => {
  const sandbox = await withRole();
  await project(sandbox, "one");
  const build = await run(
    sandbox,
    "one",
    `
version: 0.2
env:
  shell: bash
  variables: { GREETING: hello, LOSES: a }
  exported-variables: [RESULT, WHO, ACCOUNT]
phases:
  install: { commands: ["mkdir inner && cd inner", "WORD=there"] }
  build: { commands: ['RESULT="$GREETING $WORD $(basename "$PWD") $LOSES"', 'WHO=$CODEBUILD_INITIATOR', 'ACCOUNT=$AWS_ACCESS_KEY_ID'] }
`,
    { environmentVariablesOverride: [{ name: "LOSES", value: "b; $(touch pwned)" }] },
  );
  expect(build.buildStatus).toBe("SUCCEEDED");
  expect(build.exportedEnvironmentVariables).toEqual([
    { name: "RESULT", value: "hello there inner b; $(touch pwned)" },
    { name: "WHO", value: "sandbox" },
    { name: "ACCOUNT", value: expect.stringMatching(/^ASIA/) },
  ]);
  expect(build.phases?.map(({ phaseType }) => phaseType)).toEqual([
    ...["SUBMITTED", "QUEUED", "PROVISIONING", "DOWNLOAD_SOURCE", "INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD"],
    ...["UPLOAD_ARTIFACTS", "FINALIZING", "COMPLETED"],
  ]);
});

test("a failed command ends its phase; post_build runs after a failed build, not after a failed pre_build", async () => {
  const sandbox = await withRole();
  await project(sandbox, "two");
  const spec = (failing: string) => `
version: 0.2
env: { exported-variables: [SEEN] }
phases:
  pre_build: { commands: ["${failing === "pre_build" ? "exit 3" : "true"}", "SEEN=pre"], finally: ["SEEN=$SEEN-finally"] }
  build: { commands: ["${failing === "build" ? "exit 4" : "true"}", "SEEN=$SEEN-build"] }
  post_build: { commands: ["SEEN=$SEEN-post-$CODEBUILD_BUILD_SUCCEEDING"] }
`;
  const broken = await run(sandbox, "two", spec("build"));
  expect(broken.buildStatus).toBe("FAILED");
  expect(broken.exportedEnvironmentVariables?.[0]?.value).toBe("pre-finally-post-0");
  expect(phase(broken, "BUILD")).toMatchObject({
    phaseStatus: "FAILED",
    contexts: [
      {
        statusCode: "COMMAND_EXECUTION_ERROR",
        message: "Error while executing command: exit 4. Reason: exit status 4",
      },
    ],
  });
  expect(phase(broken, "UPLOAD_ARTIFACTS")?.phaseStatus).toBe("SUCCEEDED");
  const early = await run(sandbox, "two", spec("pre_build"));
  expect(early.exportedEnvironmentVariables?.[0]?.value).toBe("-finally");
  expect(phase(early, "BUILD")).toBeUndefined();
  const good = await run(sandbox, "two", spec(""));
  expect(good.buildStatus).toBe("SUCCEEDED");
  expect(good.exportedEnvironmentVariables?.[0]?.value).toBe("pre-finally-build-post-1");
});

test("a build out of time is killed with everything it started, even what ignores SIGTERM or left the group", async () => {
  const clock = createClock();
  const sandbox = await withRole({ clock });
  await project(sandbox, "slow");
  const folder = temporaryFolder();
  const id = await start(
    sandbox,
    "slow",
    `
version: 0.2
phases:
  build:
    commands:
      - trap '' TERM; (trap '' TERM; sleep 600 & echo $! > ${folder}/grandchild; setsid sleep 600 & echo $! > ${folder}/escaped; wait) & echo $! > ${folder}/child; wait
  post_build: { commands: ["touch ${folder}/post"] }
`,
  );
  await expect.poll(() => existsSync(join(folder, "escaped")) && existsSync(join(folder, "child"))).toBe(true);
  const pids = ["child", "grandchild", "escaped"].map((name) => Number(readFileSync(join(folder, name), "utf8")));
  for (const pid of pids) expect(isRunning(pid)).toBe(true);
  clock.advance(5 * 60_000);
  const build = await ended(sandbox, id);
  expect(build.buildStatus).toBe("TIMED_OUT");
  expect(phase(build, "BUILD")).toMatchObject({
    phaseStatus: "TIMED_OUT",
    contexts: [{ statusCode: "BUILD_TIMED_OUT" }],
  });
  for (const pid of pids) expect(isRunning(pid)).toBe(false);
  expect(existsSync(join(folder, "post"))).toBe(false);
  await expect.poll(() => readdirSync(join(sandbox.dataDir, "codebuild", "work"))).toEqual([]);
});

test("at most two builds run at once, the others wait in order; one that waits and one that runs can be stopped", async () => {
  const sandbox = await withRole();
  await project(sandbox, "many");
  const folder = temporaryFolder();
  const spec = `version: 0.2\nphases: { build: { commands: ["while [ ! -f ${folder}/go ]; do sleep 0.02; done"] } }`;
  const ids: string[] = [];
  for (let index = 0; index < 5; index++) ids.push(await start(sandbox, "many", spec));
  const states = async () => Promise.all(ids.map(async (id) => (await get(sandbox, id)).currentPhase));
  await expect.poll(states).toEqual(["BUILD", "BUILD", "QUEUED", "QUEUED", "QUEUED"]);
  await client(sandbox).send(new StopBuildCommand({ id: ids[3] }));
  await client(sandbox).send(new StopBuildCommand({ id: ids[0] }));
  await expect.poll(states).toEqual(["COMPLETED", "BUILD", "BUILD", "COMPLETED", "QUEUED"]);
  writeFileSync(join(folder, "go"), "");
  const ended_ = await Promise.all(ids.map((id) => ended(sandbox, id)));
  expect(ended_.map(({ buildStatus }) => buildStatus)).toEqual([
    "STOPPED",
    "SUCCEEDED",
    "SUCCEEDED",
    "STOPPED",
    "SUCCEEDED",
  ]);
  const listed = await client(sandbox).send(new ListBuildsForProjectCommand({ projectName: "many" }));
  expect(listed.ids).toEqual(ids.toReversed());
});

test("reports and artifacts of a build from S3 arrive, modes kept, and a failed test fails its report alone", async () => {
  const sandbox = await withRole();
  await sandbox.send(new CreateBucketCommand({ Bucket: "things" }));
  const modifiedAt = new Date();
  const script = Buffer.from(
    "#!/bin/sh\nmkdir -p out/deep reports && echo built > out/deep/file && cp junit.xml reports/\n",
  );
  const junit = `<testsuites><testsuite name="sums"><testcase classname="add" name="adds" time="0.25"/>
    <testcase name="fails"><failure message="1 &lt; 2">at line 3</failure></testcase>
    <testsuite name="inner"><testcase name="waits"><skipped/></testcase></testsuite></testsuite></testsuites>`;
  const source = await packZip([
    { path: "script/build", data: script, mode: 0o100755, modifiedAt },
    { path: "junit.xml", data: Buffer.from(junit), mode: 0o100644, modifiedAt },
    {
      path: "buildspec.yml",
      data: Buffer.from(`
version: 0.2
phases: { build: { commands: [script/build] } }
reports: { unit: { files: ["**/*.xml"], base-directory: reports } }
artifacts:
  files: ["**/*"]
  exclude-paths: [".hidden", "out/**/*"]
  secondary-artifacts: { Code: { base-directory: out, files: ["**/*"] } }
`),
      mode: 0o100644,
      modifiedAt,
    },
  ]);
  await sandbox.send(new PutObjectCommand({ Bucket: "things", Key: "in.zip", Body: source }));
  await project(sandbox, "art", {
    source: { type: "S3", location: "things/in.zip" },
    artifacts: { type: "S3", location: "things", name: "all.zip", packaging: "ZIP" },
    secondaryArtifacts: [
      { type: "S3", location: "things", name: "code.zip", packaging: "ZIP", artifactIdentifier: "Code" },
    ],
  });
  const { build: started } = await client(sandbox).send(new StartBuildCommand({ projectName: "art" }));
  const build = await ended(sandbox, started?.id ?? "");
  expect(build.buildStatus).toBe("SUCCEEDED");
  const archive = async (Key: string) => {
    const { Body } = await sandbox.send(new GetObjectCommand({ Bucket: "things", Key }));
    return Body as unknown as Uint8Array;
  };
  const all = listZip(await archive("all.zip"));
  expect(all.map(({ path }) => path)).toEqual(["buildspec.yml", "junit.xml", "reports/junit.xml", "script/build"]);
  expect(all.at(-1)?.mode.toString(8)).toBe("100755");
  expect((await readFromZip(await archive("code.zip"), "deep/file"))?.toString()).toBe("built\n");
  const { reports } = await client(sandbox).send(new BatchGetReportsCommand({ reportArns: build.reportArns }));
  expect(reports?.[0]).toMatchObject({
    name: "art-unit",
    status: "FAILED",
    reportGroupArn: `arn:aws:codebuild:${REGION}:${TOOLING}:report-group/art-unit`,
    testSummary: { total: 3, statusCounts: { SUCCEEDED: 1, FAILED: 1, SKIPPED: 1 } },
  });
  const { testCases } = await client(sandbox).send(new DescribeTestCasesCommand({ reportArn: build.reportArns?.[0] }));
  expect(testCases).toMatchObject([
    { name: "adds", prefix: "add", status: "SUCCEEDED", durationInNanoSeconds: 250_000_000 },
    { name: "fails", prefix: "sums", status: "FAILED", message: "1 < 2\nat line 3" },
    { name: "waits", prefix: "inner", status: "SKIPPED" },
  ]);
});

test("a build of a GitHub project has the commit that its branch names, with its history", async () => {
  const folder = temporaryFolder();
  const bare = join(folder, "bare.git");
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=D", "-c", "user.email=d@example.com", ...args], {
      cwd: folder,
      encoding: "utf8",
    }).trim();
  git("init", "--quiet", "--initial-branch=main", "work");
  for (const text of ["one", "two"]) git("-C", "work", "commit", "--quiet", "--allow-empty", "-m", text);
  git("clone", "--quiet", "--bare", "work", bare);
  const github: HttpFront = {
    name: "github",
    handler: () => ({
      handle: (_, response) => void response.end(),
      gitDirectory: (name) => (name === "acme/orders" ? bare : undefined),
    }),
  };
  const sandbox = await withRole({ fronts: [github], github: {} });
  await project(sandbox, "hub", { source: { type: "GITHUB", location: "https://github.com/acme/orders.git" } });
  const spec = `
version: 0.2
env: { exported-variables: [COMMITS, REMOTE] }
phases: { build: { commands: ["COMMITS=$(git rev-list --count HEAD)", "REMOTE=$(git remote get-url origin)"] } }
`;
  const build = await run(sandbox, "hub", spec, { sourceVersion: "main" });
  expect(build.resolvedSourceVersion).toBe(git("-C", "work", "rev-parse", "HEAD"));
  expect(build.exportedEnvironmentVariables?.map(({ value }) => value)).toEqual([
    "2",
    "https://github.com/acme/orders.git",
  ]);
  const missing = await run(sandbox, "hub", spec, { sourceVersion: "--upload-pack=touch pwned" });
  expect(phase(missing, "DOWNLOAD_SOURCE")?.contexts?.[0]?.message).toContain("no branch, tag or commit");
});

test("a build that ran when the sandbox ended is failed at the next start; one that waited runs then", async () => {
  const dataDir = temporaryFolder();
  const first = await withRole({
    dataDir,
    services: [iam, sts, s3, defineCodeBuild({ concurrentBuilds: 1, graceMs: 0 })],
  });
  await project(first, "again");
  const folder = temporaryFolder();
  const spec = `version: 0.2\nphases: { build: { commands: ["echo $$ > ${folder}/pid; sleep 600"] } }`;
  const running = await start(first, "again", spec);
  const waiting = await start(first, "again", "version: 0.2\nphases: { build: { commands: [true] } }");
  await expect.poll(() => existsSync(join(folder, "pid"))).toBe(true);
  await first.stop();
  expect(isRunning(Number(readFileSync(join(folder, "pid"), "utf8")))).toBe(false);
  const second = await sandboxForTest({ dataDir, services });
  const failed = await ended(second, running);
  expect(failed.buildStatus).toBe("FAILED");
  expect(phase(failed, "BUILD")?.contexts?.[0]?.message).toContain("restarted while this build was running");
  expect((await ended(second, waiting)).buildStatus).toBe("SUCCEEDED");
});

test("what a build writes is in its log while it runs", async () => {
  const sandbox = await withRole();
  await project(sandbox, "talks");
  const folder = temporaryFolder();
  const spec = `
version: 0.2
phases: { build: { commands: ["echo one; echo two | tee /dev/stderr > /dev/null; printf three", "while [ ! -f ${folder}/go ]; do sleep 0.02; done"] } }
`;
  const id = await start(sandbox, "talks", spec);
  const lines = async () => {
    const build = await get(sandbox, id);
    const { groupName: logGroupName, streamName: logStreamName } = build.logs ?? {};
    if (!logGroupName) return [];
    const command = new GetLogEventsCommand({ logGroupName, logStreamName, startFromHead: true });
    const { events = [] } = await new CloudWatchLogsClient(clientSettings(sandbox)).send(command);
    return events.map(({ message = "" }) => message.replace(/^(\[Container\]) [\d/]+ [\d:.]+/, "$1"));
  };
  const wanted = [
    "[Container] Running command echo one; echo two | tee /dev/stderr > /dev/null; printf three\n",
    "one\n",
    "two\n",
    "three\n",
  ];
  await expect.poll(lines).toEqual(expect.arrayContaining(wanted));
  const seen = await lines();
  expect(seen.slice(seen.indexOf("one\n"), seen.indexOf("one\n") + 3)).toEqual(["one\n", "two\n", "three\n"]);
  writeFileSync(join(folder, "go"), "");
  const build = await ended(sandbox, id);
  expect(build.logs).toMatchObject({ groupName: "/aws/codebuild/talks", streamName: id.split(":")[1] });
  expect(await lines()).toContain("[Container] Phase complete: BUILD State: SUCCEEDED\n");
});

test("a sandbox that is killed leaves nothing of a build running", async () => {
  const folder = temporaryFolder();
  const config = join(folder, "config.json");
  writeFileSync(config, JSON.stringify({ dataDir: join(folder, "data") }));
  const main = join(import.meta.dirname, "../../main.ts");
  const child = spawn(process.execPath, [main, "--config", config], { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const { awsUrl } = JSON.parse(line.toString()) as { awsUrl: string };
  const secrets = JSON.parse(readFileSync(join(folder, "data", "credentials.json"), "utf8")) as Record<string, string>;
  const credentials = { accessKeyId: `AKIA${TOOLING}0000`, secretAccessKey: secrets[TOOLING] ?? "" };
  const settings = { endpoint: awsUrl, region: REGION, credentials, maxAttempts: 1 };
  const AssumeRolePolicyDocument = JSON.stringify({
    Statement: { Effect: "Allow", Principal: { Service: "codebuild.amazonaws.com" }, Action: "sts:AssumeRole" },
  });
  await new IAMClient(settings).send(new CreateRoleCommand({ RoleName: "build", AssumeRolePolicyDocument }));
  const codebuild = new CodeBuildClient(settings);
  const environment = { type: "LINUX_CONTAINER" as const, image: "x", computeType: "BUILD_GENERAL1_SMALL" as const };
  const buildspec = `
version: 0.2
phases: { build: { commands: ["sleep 600 & echo $! > ${folder}/a; setsid sleep 600 & echo $! > ${folder}/b; echo $$ > ${folder}/c; wait"] } }
`;
  await codebuild.send(
    new CreateProjectCommand({
      name: "orphan",
      serviceRole: roleArn,
      source: { type: "NO_SOURCE", buildspec },
      artifacts: { type: "NO_ARTIFACTS" },
      environment,
    }),
  );
  await codebuild.send(new StartBuildCommand({ projectName: "orphan" }));
  const read = (name: string) => Number(readFileSync(join(folder, name), "utf8"));
  await expect.poll(() => existsSync(join(folder, "c")) && read("c") > 0).toBe(true);
  const pids = ["a", "b", "c"].map(read);
  expect(pids.every(isRunning)).toBe(true);
  child.kill("SIGKILL");
  await expect.poll(() => pids.filter(isRunning)).toEqual([]);
});

test("a specification or a variable that can't be run is refused by name", async () => {
  const sandbox = await withRole();
  await project(sandbox, "refused");
  const build = await run(sandbox, "refused", "version: 0.2\nenv: { secrets-manager: { A: b } }\nphases: {}");
  expect(phase(build, "DOWNLOAD_SOURCE")?.contexts).toEqual([
    { statusCode: "YAML_FILE_ERROR", message: "sandbox: env.secrets-manager is not implemented" },
  ]);
  const environmentVariablesOverride = [{ name: "A", value: "b", type: "PARAMETER_STORE" as const }];
  await expect(start(sandbox, "refused", "version: 0.2", { environmentVariablesOverride })).rejects.toThrow(
    "an environment variable of type PARAMETER_STORE (A) is not implemented",
  );
});

test("an archive can't write outside of its folder", async () => {
  const entry = { data: Buffer.from("x"), mode: 0o100644, modifiedAt: new Date() };
  const folder = temporaryFolder();
  mkdirSync(join(folder, "in"));
  for (const path of ["../out", "/tmp/out", "a/../../out"]) {
    await expect(unpackZip(await packZip([{ ...entry, path }]), join(folder, "in"))).rejects.toThrow("outside");
  }
  const link = { ...entry, data: Buffer.from("../.."), mode: 0o120777, path: "link" };
  await expect(unpackZip(await packZip([link]), join(folder, "in"))).rejects.toThrow("points outside");
  expect(readdirSync(folder)).toEqual(["in"]);
});

test("archives written here are read by the system's own tools", async () => {
  const folder = temporaryFolder();
  const data = Buffer.from("hello ".repeat(1000));
  const entries = [
    { path: "empty", data: Buffer.alloc(0), mode: 0o100644, modifiedAt: new Date() },
    { path: "a/ü.txt", data, mode: 0o100755, modifiedAt: new Date("2026-11-23T10:00:02Z") },
  ];
  writeFileSync(join(folder, "it.zip"), await packZip(entries));
  const out = execFileSync("python3", ["-c", PYTHON, join(folder, "it.zip")], { encoding: "utf8" });
  expect(JSON.parse(out)).toEqual(
    [
      ["empty", 0, 0o100644, 1980],
      ["a/ü.txt", 6000, 0o100755, 2026],
    ].map((row, index) => (index === 0 ? [...row.slice(0, 3), new Date().getUTCFullYear()] : row)),
  );
});

const PYTHON = `
import json, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as z:
    assert z.testzip() is None
    print(json.dumps([[i.filename, i.file_size, i.external_attr >> 16, i.date_time[0]] for i in z.infolist()]))
`;

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // A zombie has ended; only nobody has collected it yet.
  return !existsSync(`/proc/${pid}/stat`) || !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
}
