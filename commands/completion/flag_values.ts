import { OPTION_NAMES } from "../../builders/making/option_names.ts";
import { type Candidates, files, nothing, wordsOf } from "./candidates.ts";
import { type Asked, builders, nodes, refs, stages } from "./live.ts";

type Provider = (asked: Asked) => Candidates | Promise<Candidates>;

const words = (...list: string[]): Provider => () => wordsOf(list);
/** Values that the user goes on with: `type=local,dest=…`. */
const openWords = (...list: string[]): Provider => () => wordsOf(list, true);

const platforms = ("linux/amd64 linux/arm64 linux/arm/v7 linux/arm/v6 linux/386 linux/ppc64le " +
  "linux/riscv64 linux/s390x windows/amd64").split(" ");
const onOff = words("true", "false");
const rows = words("json", "table");
const textOrJson = words("json", "text");
const cacheFilters = openWords(
  ...["type=regular", "type=source.local", "type=source.git.checkout", "type=exec.cachemount"],
  ...["type=frontend", "type=internal", "id=", "parents=", "description~=", "until="],
  ...["inuse", "mutable", "shared", "private"],
);
/** The options of all drivers: the line may yet name the driver. */
const driverOptions = [...new Set(Object.values(OPTION_NAMES).flat())]
  .map((name) => name === "env.NAME" ? "env." : `${name}=`);

/** The candidates for each flag's value, by its name; `COMMAND FLAG` takes precedence. */
const providers: Readonly<Record<string, Provider>> = {
  "certs create algorithm": words("ecdsa", "ed25519"),
  "doctor format": textOrJson,
  "du filter": cacheFilters,
  "du format": words("json", "pretty", "table"),
  "history attach progress": words("auto", "plain", "rawjson", "tty"),
  "history diff format": textOrJson,
  "history inspect attachment type": words("index", "manifest", "image", "provenance", "sbom"),
  "history inspect format": words("pretty", "json"),
  "history logs progress": words("plain", "rawjson", "tty"),
  // Filters with `<` and `>` are missing: they are redirections to a shell.
  "history ls filter": openWords(
    ...["status=completed", "status=error", "status=running", "status=canceled"],
    ...["ref=", "repository="],
  ),
  "history trace compare": refs,
  "imagetools inspect format": words(
    ...["{{json .}}", "{{json .Manifest}}", "{{json .Image}}"],
    ...["{{json .Provenance}}", "{{json .SBOM}}"],
  ),
  "prune filter": cacheFilters,
  "transports inspect format": textOrJson,
  attest: openWords("type=provenance,", "type=sbom,"),
  builder: builders,
  "buildkitd-config": () => files,
  "cache-from": openWords("type=registry,ref=", "type=local,src=", "type=gha"),
  "cache-to": openWords("type=registry,ref=", "type=local,dest=", "type=inline", "type=gha"),
  call: words("build", "check", "outline", "targets"),
  config: () => files,
  driver: words(...Object.keys(OPTION_NAMES)),
  "driver-opt": openWords(...driverOptions),
  file: () => files,
  format: rows,
  iidfile: () => files,
  "metadata-file": () => files,
  name: builders,
  network: words("default", "none", "host"),
  node: nodes,
  output: openWords(
    ...["type=local,dest=", "type=tar,dest=", "type=oci,dest=", "type=docker", "type=image"],
    ...["type=registry", "type=cacheonly"],
  ),
  platform: words(...platforms),
  progress: words("auto", "none", "plain", "quiet", "rawjson", "tty"),
  provenance: words("true", "false", "mode=min", "mode=max"),
  sbom: onOff,
  secret: openWords("id="),
  ssh: openWords("default"),
  target: stages,
  timeline: () => files,
};

/**
 * The candidates for the value of a flag; none if the lookup fails.
 *
 * @param isSwitch the flag is a boolean
 */
export async function flagCandidates(
  name: string,
  isSwitch: boolean,
  asked: Asked,
): Promise<Candidates> {
  const known = [`${asked.path} ${name}`, name].find((key) => Object.hasOwn(providers, key));
  const provider = isSwitch ? onOff : known === undefined ? undefined : providers[known];
  // For commands that write a file, `--output` is a path.
  if (name === "output" && asked.path !== "build") return files;
  try {
    return await provider?.(asked) ?? nothing;
  } catch {
    return nothing;
  }
}
