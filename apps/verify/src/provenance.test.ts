import { generateKeyPairSync, sign, verify } from "node:crypto";
import { expect, test } from "vitest";
import { preAuthenticated, signed, statementOf } from "./provenance.ts";

const build = {
  ...{ service: "orders", repository: "acme/orders", commit: "1".repeat(40), digest: "a".repeat(64) },
  ...{ execution: "execution-1", builder: "arn:aws:codebuild:eu-west-1:111111111111:build/orders-verify:1" },
  at: new Date("2026-11-24T10:00:00Z"),
};

test("the statement says what was built, of which commit, by whom and when", () => {
  expect(statementOf(build)).toMatchObject({
    subject: [{ name: "orders", digest: { sha256: "a".repeat(64) } }],
    predicateType: "https://slsa.dev/provenance/v1",
    predicate: {
      buildDefinition: { externalParameters: { repository: "acme/orders", commit: "1".repeat(40) } },
      runDetails: { builder: { id: build.builder }, metadata: { invocationId: "execution-1" } },
    },
  });
});

test("what is signed is DSSE's own form of type and payload: nothing of either can be changed", async () => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const envelope = (await signed(statementOf(build), "alias/x", async (message) =>
    sign("sha256", message, privateKey),
  )) as {
    payload: string;
    signatures: { keyid: string; sig: string }[];
  };
  const [signature] = envelope.signatures;
  const isValid = (payload: string) =>
    verify(
      "sha256",
      preAuthenticated(Buffer.from(payload, "base64")),
      publicKey,
      Buffer.from(signature?.sig ?? "", "base64"),
    );
  expect(signature?.keyid).toBe("alias/x");
  expect(isValid(envelope.payload)).toBe(true);
  const other = Buffer.from(Buffer.from(envelope.payload, "base64").toString().replace("orders", "refunds"));
  expect(isValid(other.toString("base64"))).toBe(false);
});

test("the form is that of DSSE's own example", () => {
  // https://github.com/secure-systems-lab/dsse/blob/master/protocol.md#test-vectors, with in-toto's type.
  const message = preAuthenticated(Buffer.from("hello world")).toString();
  expect(message).toBe("DSSEv1 28 application/vnd.in-toto+json 11 hello world");
});
