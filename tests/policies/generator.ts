/** Random policies over what a build reads, made of parts that each ask for some metadata or none. */

/** A generator of numbers from 0 up to 1 that a seed decides (mulberry32). */
export function seeded(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const CONDITIONS = [
  "input.local",
  'input.local.name == "context"',
  'startswith(input.local.name, "docker")',
  "not input.image",
  "input.image",
  'input.image.tag == "1"',
  'endswith(input.image.repo, "/several")',
  'input.image.labels.a == "x<y>&z"',
  'input.image.labels["none"]',
  "input.image.user",
  'some v in input.image.env; startswith(v, "PATH=")',
  "input.image.hasProvenance",
  'input.image.provenance.predicateType == "https://slsa.dev/provenance/v1"',
  "count(input.image.provenance.materials) > 0",
  "input.image.isCanonical",
  "not input.image.isCanonical",
  'input.image.os == "linux"; input.image.arch == "amd64"',
  "regex.match(`^sha256:[0-9a-f]{64}$`, input.image.checksum)",
  "input.env.args.A",
  'input.env.labels["l"] == "v"',
  'input.env.filename == "Dockerfile"',
  'object.get(input.image, ["labels", "a"], "none") == "none"',
  'docker_github_builder(input.image, "a/b")',
  'load_json("data.json").ok == true',
  'load_json("none.json")',
  "to_number(input.image.tag) == 1",
  'input.http.host == "127.0.0.1"',
  'every key, _ in input.image.labels { key != "b" }',
  'lower(sprintf("%v", [input.image.variant])) == "v7"',
  "helper",
  "input.image.createdTime",
];

/** A policy of package docker; some of them are wrong on purpose. */
export function randomPolicy(random: () => number): string {
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)]!;
  const some = (most: number) =>
    Array.from({ length: 1 + Math.floor(random() * most) }, () => {
      const condition = pick(CONDITIONS);
      return random() < 0.15 && !/;|^some|^every|^not/.test(condition)
        ? `not ${condition}`
        : condition;
    });
  const rules = Array.from(
    { length: 1 + Math.floor(random() * 3) },
    () => `allow if {\n\t${some(3).join("\n\t")}\n}`,
  );
  const messages = random() < 0.5
    ? [
      'deny_msg contains "no" if not allow',
      `deny_msg contains msg if {\n\t${some(2).join("\n\t")}\n\tmsg := "because"\n}`,
    ]
    : ["deny_msg := []"];
  const print = random() < 0.2 ? 'print("seen", input.local)\n\t' : "";
  const decision = random() < 0.9 ? '{"allow": allow, "deny_msg": deny_msg}' : pick([
    '{"allow": "yes"}',
    '{"deny_msg": deny_msg}',
    '"text"',
    '{"allow": allow, "caps": {"x": true}}',
  ]);
  return [
    "package docker",
    random() < 0.8 ? "default allow := false" : "",
    ...rules,
    `helper if {\n\t${print}${pick(CONDITIONS.filter((text) => text !== "helper"))}\n}`,
    ...messages,
    `decision := ${decision}`,
  ].join("\n\n") + "\n";
}
