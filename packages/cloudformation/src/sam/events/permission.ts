import type { Json } from "../../json.ts";
import { type Draft, draft } from "../context.ts";
import { ref } from "../values.ts";
import type { Event } from "./event.ts";

/** Lets a service invoke the event's function from one source. */
export function permission(event: Event, principal: string, sourceArn: Json): Draft {
  return draft(`${event.id}Permission`, "AWS::Lambda::Permission", event.attributes, {
    Action: "lambda:InvokeFunction",
    FunctionName: ref(event.target.id),
    Principal: principal,
    SourceArn: sourceArn,
  });
}
