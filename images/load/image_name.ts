/** The parts of an image's name in docker's form: `[HOST/]REPOSITORY[:TAG]`. */
export interface ImageName {
  /** The registry; `docker.io` for a name without one. */
  readonly host: string;
  /** The name in the engine's API, with the host if the name has one. */
  readonly name: string;
  readonly tag: string;
}

/** Splits a valid name into its parts. */
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

/** Completes a name as docker does: `app` becomes `docker.io/library/app:latest`. */
export function fullImageName(text: string): string {
  const { host, name, tag } = splitImageName(text);
  const path = host === "docker.io" && !name.startsWith("docker.io/")
    ? `docker.io/${name.includes("/") ? "" : "library/"}${name}`
    : name;
  return `${path}:${tag}`;
}
