import { schemeOf } from "../../transports/endpoint.ts";
import { findTransports } from "../transports/found.ts";
import { type Examination, type Finding, take } from "./finding.ts";

/** Checks whether the endpoint is valid, and finds the transport of its scheme. */
export async function endpoint(way: Examination): Promise<Finding> {
  return await take("endpoint", way, async () => {
    const transport = way.registry.find(way.endpoint);
    const shown = transport.describe(transport.parse(way.endpoint));
    const [found] = await findTransports(way.registry, schemeOf(way.endpoint)!);
    const by = found === undefined || found.kind === "built-in"
      ? "built in"
      : `the plugin ${found.path}${found.version && `, ${found.version}`}`;
    const summary = found?.summary ? `${found.summary}: ` : "";
    return {
      text: `${summary}${transport.scheme}, ${by}`,
      data: {
        endpoint: shown,
        scheme: transport.scheme,
        ...found && found.kind !== "built-in" && { plugin: found.path, version: found.version },
      },
    };
  });
}
