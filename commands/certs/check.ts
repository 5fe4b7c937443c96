import { osReason } from "../../base/os_reason.ts";
import { absolutePath } from "../../base/paths.ts";
import { defineCommand } from "../../cli/command.ts";
import { exitCodes } from "../../cli/exit_codes.ts";
import { UsageError } from "../../base/usage_error.ts";
import { findAuthorities, findPairs } from "./find_pairs.ts";
import { parseHost } from "./host.ts";

export const command = defineCommand({
  args: { usage: "[OPTIONS] DIR", min: 1, max: 1 },
  ignoresBuilder: true,
  description: "Describe the certificates in DIR and find mistakes in them.\n\n" +
    "fairlead looks in DIR and its folders for ca.pem, cert.pem and key.pem, and for the names that\n" +
    "dockerd and Kubernetes use instead. The exit code is 1 when something is wrong.",
  flags: {
    host: {
      kind: "slice",
      valueName: "strings",
      summary: "Names and addresses that the daemon's certificate must be valid for",
    },
  },
  async run({ deps, args: [typed = ""], flags }) {
    const dir = absolutePath(typed, deps.cwd);
    const hosts = flags.host.map((text) => parseHost(text.trim()));
    const { pairs, authorities } = find(dir);
    const judge = await import("./judge.ts");
    const options = { dir, hosts, now: deps.clock.now() };
    const verdicts = [
      ...authorities.flatMap((file) => judge.judgeAuthority(file, options)),
      ...pairs.flatMap((pair) => judge.judgePair(pair, options)),
      ...judge.judgeAcross(pairs, options),
    ];
    for (const { file, about, problems } of verdicts) {
      if (about !== "") deps.stdout.write(`${file}: ${about}\n`);
      for (const { what, remedy } of problems) {
        deps.stdout.write(
          `  WRONG: ${about === "" ? `${file}: ` : ""}${what}\n  hint: ${remedy}\n`,
        );
      }
    }
    const alone = pairs.filter(({ ca }) => ca === undefined).map(({ cert }) => cert);
    if (alone.length > 0) {
      deps.stdout.write(
        `Not checked: who signed ${alone.join(", ")}, because no ca.pem is next to it.\n`,
      );
    }
    const wrong = verdicts.flatMap(({ problems }) => problems).length;
    deps.stdout.write(
      wrong === 0
        ? "No problems found.\n"
        : `${wrong} ${wrong === 1 ? "problem" : "problems"} found.\n`,
    );
    return wrong === 0 ? 0 : exitCodes.generic;
  },
});

function find(dir: string) {
  try {
    const found = { pairs: findPairs(dir), authorities: findAuthorities(dir) };
    if (found.pairs.length + found.authorities.length > 0) return found;
  } catch (error) {
    throw new UsageError(`cannot read ${dir}: ${osReason(error)}`);
  }
  throw new UsageError(
    `there are no certificates in ${dir}`,
    "it should contain ca.pem, cert.pem and key.pem, or folders with these files",
  );
}
