/** Docker's contexts are what transports rest on, too. */
export * from "../transports/_docker_context.ts";
