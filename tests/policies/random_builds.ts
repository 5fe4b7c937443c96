/** Random builds under random policies: all kinds of sources, and all ways to name a policy. */
import { pick, type Random } from "../harness/random.ts";
import { randomPolicy } from "./generator.ts";

/** The sources that random builds may read. All references resolve. */
export interface Sources {
  /** Images with an index and a provenance; without one, buildkitd 0.32.2 crashes. */
  readonly images: readonly string[];
  /** The first image's digest. */
  readonly digest: string;
  /** A repository of `signedRepository`, with a Dockerfile at its top and in `sub`. */
  readonly git: string;
  readonly commit: string;
  /** A server with `/f.txt`. */
  readonly http: string;
  /** The checksum of `/f.txt`. */
  readonly sum: string;
}

/** One pair: the files of a folder, and what both programs are started with there. */
export interface RandomBuild {
  readonly files: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Files to be committed to the repository before the build, as the branch `random`. */
  readonly committed?: Readonly<Record<string, string>>;
}

function some<T>(random: Random, chance: number, ...values: T[]): T[] {
  return random() < chance ? values : [];
}

function gitRef(random: Random, { git, commit }: Sources): string {
  const refs = ["#main", "#v1", "#v2", "#v2u", "#v3", "#dev", `#${commit}`, "#main:sub", ""];
  const queries = ["?tag=v2", "?branch=dev", `?ref=refs/heads/main&checksum=${commit}`];
  return git + pick(random, random() < 0.8 ? refs : queries);
}

/** A reference of an image. */
function image(random: Random, { images, digest }: Sources): string {
  const first = images[0]!;
  return pick(random, [
    ...images,
    first,
    `${first}@${digest}`,
    `${first.replace(/:[^:/]*$/, "")}@${digest}`,
  ]);
}

function dockerfile(random: Random, sources: Sources, named: boolean): string {
  const stages = 1 + Math.floor(random() * 3);
  const step = () =>
    pick(random, [
      () => "COPY Dockerfile /d",
      () => "COPY . /all",
      () => `COPY --from=${image(random, sources)} / /x`,
      () => `ADD ${sources.http}/f.txt${pick(random, ["", "?q=1", "?q=2&r=%20"])} /f`,
      () => `ADD --checksum=${sources.sum} ${sources.http}/f.txt /g`,
      () => `ADD ${gitRef(random, sources)} /r`,
      () => named ? "COPY --from=named / /n" : "ENV A=b",
      () => "LABEL x=y",
    ])();
  const lines = ["ARG A=0"];
  for (let stage = 1; stage <= stages; stage++) {
    const platform = some(
      random,
      0.2,
      `--platform=${pick(random, ["linux/arm64", "linux/amd64"])} `,
    );
    const from = stage > 1 && random() < 0.4
      ? `stage${stage - 1}`
      : named && random() < 0.3
      ? "named"
      : random() < 0.3
      ? "scratch"
      : `${platform.join("")}${image(random, sources)}`;
    lines.push(`FROM ${from} AS ${stage === stages ? "last" : `stage${stage}`}`);
    lines.push(...Array.from({ length: 1 + Math.floor(random() * 2) }, step));
    if (stage > 1 && random() < 0.5) lines.push(`COPY --from=stage${stage - 1} / /before`);
  }
  return lines.join("\n") + "\n";
}

/** `--policy` values of files that are there, mostly. */
function policyFlags(random: Random, names: readonly string[]): string[] {
  if (random() < 0.04) {
    return [pick(random, [
      ...["disabled=true", "disabled=true,strict=true", "filename=none.rego", "filename=", "x=y"],
      ...["filename=../out.rego", "strict=maybe", "log-level=loud", "filename=cwd://none.rego"],
    ])];
  }
  const flags = names.map((name) =>
    [
      `filename=${name}`,
      ...some(random, 0.15, `strict=${random() < 0.5}`),
      ...some(random, 0.1, "reset=true"),
      ...some(
        random,
        0.5,
        `log-level=${pick(random, ["debug", "debug", "warn", "info", "error"])}`,
      ),
    ].join(",")
  );
  if (random() < 0.1) flags.unshift(pick(random, ["strict=true", "reset=true", "log-level=debug"]));
  if (random() < 0.1) flags.push(pick(random, ["strict=true", "disabled=false", "log-level=warn"]));
  return flags;
}

/** @param at the number of the build, which makes its content new */
export function randomBuild(random: Random, sources: Sources, at: string): RandomBuild {
  const named = random() < 0.35;
  const context = pick(random, [
    () => `named=docker-image://${image(random, sources)}`,
    () => "named=more",
    () => `named=${gitRef(random, sources)}`,
    () => `named=${sources.http}/f.txt`,
    ...some(random, 0.3, () => "named=oci-layout://layout"),
    () => `${sources.images[0]}=docker-image://${sources.images[1]}`,
  ]);
  const contexts = named ? ["--build-context", context()] : [];
  const count = pick(random, [0, 1, 1, 1, 1, 2, 2, 3]);
  const names = Array.from({ length: count }, (_, number) => `p${number}.rego`);
  const policies = Object.fromEntries(names.map((name) => [name, randomPolicy(random)]));
  const beside = count === 0 || random() < 0.3 ? { "Dockerfile.rego": randomPolicy(random) } : {};
  const files = {
    Dockerfile: dockerfile(random, sources, named),
    "more/m": at,
    "lib/names.rego": "package any\n\nall := true\n",
    "data.json": JSON.stringify({ ok: true, digest: sources.digest, sum: sources.sum }),
    at,
    ...policies,
    ...beside,
  };
  const env = {
    ...some(random, 0.1, ["BUILDX_DEFAULT_POLICY", pick(random, ["1", "true", "x"])])
          .length > 0 && { BUILDX_DEFAULT_POLICY: "1" },
    ...random() < 0.08 && { EXPERIMENTAL_BUILDKIT_SOURCE_POLICY: "static.json" },
  };
  const flags = policyFlags(random, names);
  const typed = flags.flatMap((flag) => ["--policy", flag]);
  const args = [
    ...contexts,
    ...some(random, 0.5, "--build-arg", "A=1"),
    ...some(random, 0.4, "--label", "l=v"),
    ...some(random, 0.2, "--target", "last"),
  ];
  const shape = random();
  if (shape < 0.12) {
    const ref = pick(random, ["#random", "#random:sub"]);
    const { Dockerfile, ...rest } = files;
    const inside = { Dockerfile, "sub/Dockerfile": Dockerfile, ...rest };
    const below = Object.fromEntries(
      Object.entries(rest).map(([name, text]) => [`sub/${name}`, text]),
    );
    const local = args.filter((arg, index) =>
      arg !== "named=more" && !arg.startsWith("named=oci-layout") &&
      !/^named=(more|oci-layout)/.test(args[index + 1] ?? "")
    );
    return {
      files: {},
      committed: { ...inside, ...below },
      env,
      args: ["build", ...local, ...typed, `${sources.git}${ref}`],
    };
  }
  if (shape < 0.25) {
    const target = (name: string) => ({
      context: ".",
      output: ["type=cacheonly"],
      args: random() < 0.5 ? { A: "1" } : {},
      labels: random() < 0.5 ? { l: "v" } : {},
      ...named && { contexts: Object.fromEntries([contexts[1]!.split(/=(.*)/s).slice(0, 2)]) },
      ...name === "b" && random() < 0.5 ? { inherits: ["a"] } : {},
      policy: pick(random, [
        flags,
        names.map((filename) => ({ filename, "log-level": "debug" })),
        [],
      ]),
    });
    const bake = { target: { a: target("a"), b: target("b") } };
    return {
      files: { ...files, "docker-bake.json": JSON.stringify(bake) },
      env,
      args: [
        "bake",
        ...some(
          random,
          0.2,
          "--policy",
          pick(random, ["disabled=true", "strict=true", "filename=x"]),
        ),
        ...some(random, 0.2, "--set", "a.policy+=filename=p0.rego"),
        pick(random, ["a", "b", "a"]),
      ],
    };
  }
  const call = some(random, 0.1, "--call", pick(random, ["check", "outline", "targets"]));
  return { files, env, args: ["build", ...call, ...args, ...typed, "."] };
}
