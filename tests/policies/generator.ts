/** Random policies over what a build reads; each of their parts asks for some metadata or none. */
import { pick, type Random } from "../harness/random.ts";

const LOCAL = [
  "input.local",
  'input.local.name == "context"',
  'startswith(input.local.name, "docker")',
];

const IMAGE = [
  "not input.image",
  "input.image",
  'input.image.tag == "1"',
  'endswith(input.image.repo, "/several")',
  'input.image.labels.a == "x<y>&z"',
  'input.image.labels["none"]',
  "input.image.user",
  'input.image.user == "1000:1000"',
  'some v in input.image.env; startswith(v, "PATH=")',
  '"/data" in input.image.volumes',
  'input.image.workingDir == "/work"',
  "input.image.hasProvenance",
  "not input.image.signatures",
  "count(input.image.signatures) == 0",
  'input.image.provenance.predicateType == "https://slsa.dev/provenance/v1"',
  "count(input.image.provenance.materials) > 0",
  'some m in input.image.provenance.materials; contains(m.image.repo, "busybox")',
  'input.image.provenance.materials[0].image.labels.a == "1"',
  "input.image.provenance.completeness.parameters",
  'input.image.provenance.buildArgs.A == "1"',
  'input.image.provenance.frontend == "dockerfile.v0"',
  "not input.image.provenance.hermetic",
  "input.image.isCanonical",
  "not input.image.isCanonical",
  'input.image.os == "linux"; input.image.arch == "amd64"',
  'input.image.platform == "linux/arm64"',
  "regex.match(`^sha256:[0-9a-f]{64}$`, input.image.checksum)",
  "input.image.createdTime",
  'object.get(input.image, ["labels", "a"], "none") == "none"',
  'docker_github_builder(input.image, "a/b")',
  'docker_github_builder_tag(input.image, "a/b", input.image.tag)',
  'every key, _ in input.image.labels { key != "b" }',
  'lower(sprintf("%v", [input.image.variant])) == "v7"',
  'count({k | some k, _ in input.image.labels; k != "x"}) >= 1',
  'object.keys(input.image.labels) & {"a"} == {"a"}',
  'pin_image(input.image, load_json("data.json").digest)',
  "pin_image(input.image, input.image.checksum)",
];

const GIT = [
  "input.git",
  "not input.git",
  'input.git.schema == "git"',
  'endswith(input.git.remote, "/r.git")',
  'input.git.branch == "main"',
  'input.git.tagName == "v2"',
  'startswith(input.git.ref, "refs/")',
  "input.git.isAnnotatedTag",
  "not input.git.isCommitRef",
  "count(input.git.commitChecksum) == 40",
  'input.git.subDir == "sub"',
  'input.git.commit.author.name == "t"',
  'contains(input.git.commit.message, "signed")',
  'startswith(input.git.commit.sshSignature.pubKey, "SHA256:")',
  "input.git.commit.pgpSignature.keyID",
  "count(input.git.commit.parents) > 0",
  'input.git.tag.tag == "v2"',
  'verify_git_signature(input.git.commit, "signer.pub")',
  'verify_git_signature(input.git.commit, "signer.asc")',
  'verify_git_signature(input.git.tag, "signer.pub")',
  'verify_git_signature(input.git.commit, "other.pub")',
];

const HTTP = [
  "input.http",
  "not input.http",
  'startswith(input.http.host, "127.0.0.1")',
  'input.http.schema == "http"',
  'endswith(input.http.path, ".txt")',
  'input.http.query.q[0] == "1"',
  "input.http.hasAuth",
  'startswith(input.http.checksum, "sha256:")',
  'input.http.checksum == load_json("data.json").sum',
  'verify_http_pgp_signature(input.http, "f.txt.asc", "signer.asc")',
  'verify_http_pgp_signature(input.http, "f.txt.asc", "other.asc")',
  'artifact_attestation(input.http, "data.json")',
];

const OTHER = [
  "input.env.args.A",
  'input.env.labels["l"] == "v"',
  'input.env.filename == "Dockerfile"',
  'input.env.target == "last"',
  "input.env.depth == 0",
  'load_json("data.json").ok == true',
  'load_json("none.json")',
  'load_json("../outside.json")',
  "to_number(input.image.tag) == 1",
  "helper",
  "names.all",
  "count(input) >= 2; json.is_valid(json.marshal(input))",
  'object.get(input, ["git", "branch"], "main") == "main"',
  'walked := [x | some x in ["a", "b"]; x != "c"]; count(walked) == 2',
  "x := input.image.labels; x.a",
  'concat("/", sort(["b", "a"])) == "a/b"',
  "time.parse_rfc3339_ns(input.image.createdTime) > 0",
  'semver.compare("1.2.3", "1.2.4") == -1',
  '$"{input.local.name}!" == "context!"',
  "not input.image.labels.a with input.image as {}",
];

const CONDITIONS = [...LOCAL, ...IMAGE, ...GIT, ...HTTP, ...OTHER];
const KINDS = [LOCAL, IMAGE, GIT, HTTP, OTHER];

/**
 * A policy of package docker; some of them are wrong on purpose. It may read `data.json`, keys, and
 * `lib/names.rego`.
 */
export function randomPolicy(random: Random): string {
  const condition = () => pick(random, random() < 0.7 ? pick(random, KINDS) : CONDITIONS);
  const some = (most: number) =>
    Array.from({ length: 1 + Math.floor(random() * most) }, () => {
      const text = condition();
      return random() < 0.15 && !/;|^some|^every|^not|:=/.test(text) ? `not ${text}` : text;
    });
  const rules = Array.from(
    { length: 1 + Math.floor(random() * 3) },
    () => `allow if {\n\t${[...new Set(some(3))].join("\n\t")}\n}`,
  );
  // Many policies allow what they don't speak of, so that builds get on to their later sources.
  const lenient = ["not input.image", "not input.git", "not input.http", "input.local"]
    .filter(() => random() < 0.5).map((text) => `allow if ${text}`);
  const messages = random() < 0.5
    ? [
      'deny_msg contains "no" if not allow',
      `deny_msg contains msg if {\n\t${[...new Set(some(2))].join("\n\t")}\n\tmsg := ${
        pick(random, ['"because"', 'sprintf("%v <&> é", [input.image.ref])', "input.git.ref", "7"])
      }\n}`,
    ]
    : [`deny_msg := ${pick(random, ["[]", '["x", 1, ""]', '{"m": 1}', '"alone"'])}`];
  const print = random() < 0.2 ? 'print("seen", input.local)\n\t' : "";
  const decision = random() < 0.93 ? '{"allow": allow, "deny_msg": deny_msg}' : pick(random, [
    '{"allow": "yes"}',
    '{"deny_msg": deny_msg}',
    '"text"',
    '{"allow": allow, "caps": {"x": true}}',
    '{"allow": allow, "caps": {"exec.proxy": false}}',
    '{"allow": input.image.labels.a == "x<y>&z"}',
  ]);
  const helpers = CONDITIONS.filter((text) => text !== "helper");
  return [
    "package docker",
    "import data.lib.names",
    random() < 0.95 ? "default allow := false" : "",
    ...rules,
    ...lenient,
    `helper if {\n\t${print}${pick(random, helpers)}\n}`,
    ...messages,
    `decision := ${decision}`,
  ].join("\n\n") + "\n";
}
