/** The target's name of a service. */
export function targetName(service: string): string {
  return service.replaceAll(".", "_");
}

/** Named contexts; `service:x` is the target of that service. */
export function linkedContexts(contexts: Map<string, string | null>): Map<string, string> {
  return new Map([...contexts].map(([key, value]) => {
    const service = value?.match(/^(?:service|target):(.*)$/s)?.[1];
    return [key, service === undefined ? value ?? "" : `target:${targetName(service)}`];
  }));
}
