/**
 * The part of the Compose Specification's schema that concerns builds
 * (https://github.com/compose-spec/compose-spec/blob/main/schema/compose-spec.json). Short forms,
 * such as `build` as a path, were rewritten as long forms before.
 */

export type Kind = "string" | "boolean" | "number" | "integer" | "null" | "object" | "array";

/** The requirements for a value. An absent field requires nothing. */
export interface Schema {
  readonly type?: readonly Kind[];
  /** Alternatives, which are tried in their order. */
  readonly oneOf?: readonly Schema[];
  /** The keys of an object, by name and by pattern. `closed` refuses all others. */
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patterns?: readonly (readonly [RegExp, Schema])[];
  readonly closed?: boolean;
  readonly required?: readonly string[];
  /** The schema of a list's items. */
  readonly items?: Schema;
  readonly unique?: boolean;
}

const any: Schema = {};
const text: Schema = { type: ["string"] };
const texts: Schema = { type: ["array"], items: text };
const uniqueTexts: Schema = { ...texts, unique: true };
const flag: Schema = { type: ["boolean", "string"] };
const count: Schema = { type: ["integer", "string"] };
const extensions = [/^x-/, any] as const;

/** `K: V`, or a list of `K=V`. */
const pairs: Schema = {
  oneOf: [
    {
      type: ["object"],
      patterns: [[/.+/s, { type: ["string", "number", "boolean", "null"] }]],
      closed: true,
    },
    uniqueTexts,
  ],
};

const hosts: Schema = {
  oneOf: [
    { type: ["object"], patterns: [[/.+/s, { oneOf: [text, texts] }]], closed: true },
    uniqueTexts,
  ],
};

const mount: Schema = {
  type: ["object"],
  properties: {
    source: text,
    target: text,
    uid: text,
    gid: text,
    mode: { type: ["number", "string"] },
  },
  closed: true,
  patterns: [extensions],
};

const limit: Schema = {
  type: ["object"],
  properties: { hard: count, soft: count },
  required: ["soft", "hard"],
  closed: true,
  patterns: [extensions],
};

const build: Schema = {
  type: ["object"],
  properties: {
    context: text,
    dockerfile: text,
    dockerfile_inline: text,
    entitlements: texts,
    args: pairs,
    ssh: pairs,
    labels: pairs,
    cache_from: texts,
    cache_to: texts,
    no_cache: flag,
    no_cache_filter: { oneOf: [text, uniqueTexts] },
    additional_contexts: pairs,
    network: text,
    provenance: flag,
    sbom: flag,
    pull: flag,
    target: text,
    shm_size: count,
    extra_hosts: hosts,
    isolation: text,
    privileged: flag,
    secrets: { type: ["array"], items: { oneOf: [text, mount] } },
    tags: texts,
    ulimits: { type: ["object"], patterns: [[/^[a-z]+$/, { oneOf: [count, limit] }]] },
    platforms: texts,
  },
  closed: true,
  patterns: [extensions],
};

const envFile: Schema = {
  oneOf: [text, {
    type: ["object"],
    properties: { path: text, format: text, required: flag },
    required: ["path"],
    closed: true,
  }],
};

const service: Schema = {
  type: ["object"],
  properties: {
    image: text,
    // The short form was already rewritten. The messages are clearer without it.
    build: { oneOf: [text, build] },
    environment: pairs,
    env_file: { oneOf: [text, { type: ["array"], items: envFile }] },
  },
};

const secret: Schema = {
  type: ["object"],
  properties: {
    name: text,
    environment: text,
    file: text,
    external: { type: ["boolean", "string", "object"], properties: { name: text } },
    labels: pairs,
    driver: text,
    driver_opts: { type: ["object"], patterns: [[/^.+$/s, { type: ["string", "number"] }]] },
    template_driver: text,
  },
  closed: true,
  patterns: [extensions],
};

const name = /^[a-zA-Z0-9._-]+$/;

/** The schema of a project with services and secrets only. */
export const projectSchema: Schema = {
  type: ["object"],
  properties: {
    services: { type: ["object"], patterns: [[name, service]], closed: true },
    secrets: { type: ["object"], patterns: [[name, secret]], closed: true },
  },
};
