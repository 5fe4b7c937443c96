import type { Connect } from "../builders/connect.ts";

/** Reaches a daemon; the gRPC code is loaded when the first one is asked. */
export const connect: Connect = async (options) => {
  const client = await import("../buildkit/connect.ts" /* at every run */);
  return await client.connect(options);
};
