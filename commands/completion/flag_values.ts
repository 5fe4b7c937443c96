import { driverOptionNames } from "../../builders/driver_options.ts";
import { drivers } from "../../builders/drivers/all.ts";
import { type Candidates, files, nothing, wordsOf } from "./candidates.ts";
import { type Asked, builders, nodes, stages } from "./live.ts";

type Provider = (asked: Asked) => Candidates | Promise<Candidates>;

const words = (...list: string[]): Provider => () => wordsOf(list);
/** Values that go on behind the word: `type=local,dest=…`. */
const openWords = (...list: string[]): Provider => () => wordsOf(list, true);

const platforms = ("linux/amd64 linux/arm64 linux/arm/v7 linux/arm/v6 linux/386 linux/ppc64le " +
  "linux/riscv64 linux/s390x windows/amd64").split(" ");
const onOff = words("true", "false");
const rows = words("json", "table");

/** What may follow a flag, by its name; `COMMAND FLAG` goes before. */
const providers: Readonly<Record<string, Provider>> = {
  "certs create algorithm": words("ecdsa", "ed25519"),
  "history attachment type": words("index", "manifest", "image", "provenance", "sbom"),
  "history inspect format": words("pretty", "json"),
  "imagetools inspect format": words(
    ...["{{json .}}", "{{json .Manifest}}", "{{json .Image}}"],
    ...["{{json .Provenance}}", "{{json .SBOM}}"],
  ),
  attest: openWords("type=provenance,", "type=sbom,"),
  builder: builders,
  "buildkitd-config": () => files,
  "cache-from": openWords("type=registry,ref=", "type=local,src=", "type=gha"),
  "cache-to": openWords("type=registry,ref=", "type=local,dest=", "type=inline", "type=gha"),
  call: words("build", "check", "outline", "targets"),
  config: () => files,
  driver: words(...drivers.map(({ name }) => name)),
  "driver-opt": openWords(...driverOptionNames.map((name) => `${name}=`)),
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
  pull: onOff,
  sbom: onOff,
  secret: openWords("id="),
  ssh: openWords("default"),
  target: stages,
  timeline: () => files,
};

/** What may stand as the value of a flag; nothing where that can't be looked up. */
export async function flagCandidates(name: string, asked: Asked): Promise<Candidates> {
  const provider = providers[`${asked.path} ${name}`] ?? providers[name];
  // `--output` of the commands that write a file is a path.
  if (name === "output" && asked.path !== "build") return files;
  try {
    return await provider?.(asked) ?? nothing;
  } catch {
    return nothing;
  }
}
