/** The right to do something that one process at a time may do. */
export interface Leases {
  /** Runs `work` if nobody else holds the lease of this name; the lease ends with it, or with this process. */
  withLease(name: string, work: () => Promise<void>): Promise<"done" | "busy">;
}
