/** The parts of an image's name, as docker reads it: `[HOST/]REPOSITORY[:TAG]`. */
export interface ImageName {
  /** The registry; `docker.io` where the name has none. */
  readonly host: string;
  /** With the host, where the name has one: what the engine's API calls the name. */
  readonly name: string;
  readonly tag: string;
}

/** Takes a name apart that was found right before. */
export function splitImageName(text: string): ImageName {
  const colon = text.lastIndexOf(":");
  const tagged = colon > text.lastIndexOf("/");
  const name = tagged ? text.slice(0, colon) : text;
  const first = name.split("/", 1)[0]!;
  const isHost = name.includes("/") && (/[.:]/.test(first) || first === "localhost");
  return {
    host: isHost ? first : "docker.io",
    name,
    tag: tagged ? text.slice(colon + 1) : "latest",
  };
}

/** The name with all that docker adds to it: `docker.io/library/app:latest` of `app`. */
export function fullImageName(text: string): string {
  const { host, name, tag } = splitImageName(text);
  const path = host === "docker.io" && !name.startsWith("docker.io/")
    ? `docker.io/${name.includes("/") ? "" : "library/"}${name}`
    : name;
  return `${path}:${tag}`;
}
