import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { awsCli, hasAwsCli } from "../../../test/aws-cli.ts";
import { sandboxForTest, temporaryFolder } from "../../../test/support.ts";

test.skipIf(!hasAwsCli)(
  "the AWS CLI copies, synchronises and removes what is in a bucket",
  async () => {
    const sandbox = await sandboxForTest();
    const folder = temporaryFolder();
    mkdirSync(join(folder, "sub"));
    // Above eight megabytes the CLI uploads and downloads in parts.
    const large = Buffer.alloc(9_000_000, "abc");
    writeFileSync(join(folder, "sub", "large"), large);
    writeFileSync(join(folder, "small"), "text");
    await awsCli(sandbox, ["s3", "mb", "s3://orders"]);
    await awsCli(sandbox, ["s3", "sync", folder, "s3://orders/files", "--no-progress"]);
    await awsCli(sandbox, ["s3", "cp", "s3://orders/files/small", "s3://orders/copy", "--no-progress"]);
    const back = temporaryFolder();
    await awsCli(sandbox, ["s3", "sync", "s3://orders", back, "--no-progress"]);
    expect(readFileSync(join(back, "files", "sub", "large")).equals(large)).toBe(true);
    expect(readFileSync(join(back, "copy"), "utf8")).toBe("text");
    await awsCli(sandbox, ["s3", "rm", "s3://orders", "--recursive", "--only-show-errors"]);
    expect(String(await awsCli(sandbox, ["s3", "ls", "s3://orders", "--recursive"]).catch(() => ""))).toBe("");
    await awsCli(sandbox, ["s3", "rb", "s3://orders"]);
  },
  60_000,
);
