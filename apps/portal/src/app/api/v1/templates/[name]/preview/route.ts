import { previewService } from "@turnpike/domain/scaffolding";
import { newService } from "../../../../../../server/inputs.ts";
import { route } from "../../../../../../server/route.ts";

/** Every file that would be made. `name` in the body is the service's; the template's is the path's. */
export const POST = route({
  permission: "service:create",
  input: newService.omit({ template: true }).extend({ service: newService.shape.name }),
  run: ({ deps, actor, input: { name, service, ...rest } }) =>
    previewService(deps, actor, { ...rest, name: service, template: name }),
});
