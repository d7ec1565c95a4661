import { isUniqueViolation } from "./database.ts";
import type { PrismaClient } from "./generated/client.ts";

/** Webhook deliveries that were taken, by the host's own id. */
export function createDeliveryStore(prisma: PrismaClient) {
  return {
    /** False when this delivery came before. */
    async take(id: string, event: string, at: Date): Promise<boolean> {
      try {
        await prisma.webhookDelivery.create({ data: { id, event, receivedAt: at } });
        return true;
      } catch (error) {
        if (isUniqueViolation(error)) return false;
        throw error;
      }
    },
  };
}
