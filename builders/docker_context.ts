/** Docker's contexts are what transports rest on, too. */
export * from "../transports/engine/docker_context.ts";
