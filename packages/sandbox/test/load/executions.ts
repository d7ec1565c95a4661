import { CodePipelineClient, ListPipelineExecutionsCommand } from "@aws-sdk/client-codepipeline";

/** Asks a sandbox over the wire for the newest execution of a pipeline. */
export function executionsOf(
  settings: { endpoint: string; region: string; credentials: { accessKeyId: string; secretAccessKey: string } },
  pipelineName: string,
) {
  const client = new CodePipelineClient({ ...settings, maxAttempts: 1 });
  return {
    async newest(): Promise<string | undefined> {
      const answer = await client.send(new ListPipelineExecutionsCommand({ pipelineName, maxResults: 1 }));
      return answer.pipelineExecutionSummaries?.[0]?.pipelineExecutionId;
    },
    close: () => client.destroy(),
  };
}
