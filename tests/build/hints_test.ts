/** The most common mistakes, on a real daemon: each has a hint, and a row in troubleshooting. */
import assert from "node:assert/strict";
import { withShared } from "../harness/shared.ts";
import { fairleadOnTerminal } from "../harness/pty.ts";
import { missing } from "../harness/tool.ts";
import { type Workspace, workspace } from "./workspace.ts";

const { ignore, shared } = await withShared(await missing("script"));

interface Mistake {
  /** The message's row in docs/troubleshooting.md. */
  readonly row: string;
  readonly args: readonly string[];
  /** The Dockerfile `D`, in the folder `ctx`. */
  readonly dockerfile?: string;
  /** The hint, or the warning; `DIR` stands for the workspace. */
  readonly hint: string;
  readonly env?: Record<string, string>;
  /** The text is a warning, and the command works. */
  readonly isWarning?: boolean;
  /** The warning appears on a terminal only. */
  readonly onTerminal?: boolean;
}

const build = ["build", "-f", "ctx/D", "ctx"];

const mistakes: readonly Mistake[] = [
  {
    row: "failed to calculate checksum of ref",
    args: build,
    dockerfile: "FROM scratch\nCOPY ap.go /\n",
    hint: "the context DIR/ctx has no ap.go; did you mean app.go?",
  },
  {
    row: "failed to calculate checksum of ref",
    args: build,
    dockerfile: "FROM scratch\nCOPY --chmod=644 \\\n  src/mian.go /x\n",
    hint: "the context DIR/ctx has no src/mian.go; did you mean src/main.go?",
  },
  {
    row: "failed to calculate checksum of ref",
    args: build,
    dockerfile: "FROM scratch\nCOPY main.go /\n",
    hint: "the context DIR/ctx has no main.go; did you mean src/main.go?",
  },
  {
    row: "failed to calculate checksum of ref",
    args: build,
    dockerfile: "FROM scratch\nCOPY logs/today.log /\n",
    hint: "DIR/ctx/.dockerignore excludes logs/today.log from the context DIR/ctx: " +
      "add the line !logs/today.log",
  },
  {
    row: "failed to calculate checksum of ref",
    args: build,
    dockerfile: "FROM scratch\nCOPY logs/todya.log /\n",
    hint: "the context DIR/ctx has no logs/todya.log; did you mean logs/today.log? " +
      "DIR/ctx/.dockerignore excludes that one",
  },
  {
    row: "failed to calculate checksum of ref",
    args: build,
    dockerfile: "FROM scratch AS base\nCOPY app.go /\nFROM scratch\nCOPY --from=base /ap.go /\n",
    hint: "the stage base has no ap.go; without --from, the file is taken from the context",
  },
  {
    row: "failed to calculate checksum of ref",
    args: ["build", "-f", "ctx/D", "--build-context", "other=ctx/src", "ctx"],
    dockerfile: "FROM scratch\nCOPY --from=other man.go /\n",
    hint: "the context other (DIR/ctx/src) has no man.go; did you mean main.go?",
  },
  {
    row: "failed to calculate checksum of ref",
    args: build,
    dockerfile: 'FROM busybox\nRUN --mount=type=bind,source=src/mian.go,target=/m ["true"]\n',
    hint: "the context DIR/ctx has no src/mian.go; did you mean src/main.go?",
  },
  {
    row: "failed to calculate checksum of ref",
    args: build,
    dockerfile: "FROM scratch\nCOPY ../x.go /\n",
    hint: "../x.go is outside of the context: build from a folder above it, or add " +
      "--build-context NAME=.. and write COPY --from=NAME",
  },
  {
    row: "no such file or directory",
    args: build,
    dockerfile: "FROM scratch\nCOPY nope/*.go /\n",
    hint: "the context DIR/ctx has no nope: paths of COPY and ADD are relative to the context",
  },
  {
    row: "secret … : not found",
    args: ["build", "-f", "ctx/D", "--secret", "id=tokn,src=ctx/app.go", "ctx"],
    dockerfile: 'FROM busybox\nRUN --mount=type=secret,id=token,required=true ["true"]\n',
    hint: "add --secret id=token,src=FILE, or env=VARIABLE instead of src; " +
      "the build has a secret tokn",
  },
  {
    row: "exit code: 1 (secret)",
    args: ["build", "-f", "ctx/D", "--secret", "id=tokn,src=ctx/app.go", "ctx"],
    dockerfile: "FROM busybox\nRUN --mount=type=secret,id=token \\\n  cat /run/secrets/token\n",
    hint:
      "the step ran without the secret token: add --secret id=token,src=FILE, or env=VARIABLE " +
      "instead of src; the build has a secret tokn",
  },
  {
    row: "failed to stat",
    args: ["build", "--secret", "id=tok,src=nope", "ctx"],
    hint:
      "it is needed by --secret id=tok: check its path, which is relative to the working folder",
  },
  {
    row: "is not allowed",
    args: build,
    dockerfile: 'FROM busybox\nRUN --security=insecure ["true"]\n',
    hint: "add --allow security.insecure",
  },
  {
    row: "not allowed by build daemon configuration",
    args: ["build", "-f", "ctx/D", "--allow", "security.insecure", "ctx"],
    dockerfile: 'FROM busybox\nRUN --security=insecure ["true"]\n',
    hint: "the builder's own configuration must allow it: start buildkitd with " +
      "--allow-insecure-entitlement security.insecure, or add " +
      'insecure-entitlements = ["security.insecure"] to buildkitd.toml',
  },
  {
    row: "target stage … could not be found",
    args: ["build", "-f", "ctx/D", "--target", "xyz", "ctx"],
    dockerfile: "FROM scratch AS base\nCOPY app.go /\nFROM base AS production\n",
    hint: "the stages of D are: base, production",
  },
  {
    row: "failed to find target",
    args: ["bake", "-f", "ctx/bake.hcl", "wroker"],
    hint: "did you mean worker? the targets and groups are: default, app, worker",
  },
  {
    row: "exporter … could not be found",
    args: ["build", "-f", "ctx/D", "-o", "type=lcoal,dest=out", "ctx"],
    dockerfile: "FROM scratch\nCOPY app.go /\n",
    hint: "did you mean local? valid values: image, registry, local, tar, oci, docker, cacheonly",
  },
  {
    row: "unknown cache exporter",
    args: ["build", "-f", "ctx/D", "--cache-to", "type=registy,ref=x", "ctx"],
    dockerfile: "FROM scratch\nCOPY app.go /\n",
    hint: "did you mean registry? valid values: registry, inline, local, gha, s3, azblob",
  },
  {
    row: "invalid progress mode",
    args: ["build", "--progress", "plian", "ctx"],
    hint: "did you mean plain? valid values: auto, none, plain, quiet, rawjson, tty",
  },
  {
    row: "unsupported request",
    args: ["build", "-f", "ctx/D", "--call", "chek", "ctx"],
    dockerfile: "FROM scratch\nCOPY app.go /\n",
    hint: "did you mean check? valid values: build, check, outline, targets",
  },
  {
    row: "invalid list type",
    args: ["bake", "-f", "ctx/bake.hcl", "--list", "targts"],
    hint: "did you mean targets? valid values: targets, variables",
  },
  {
    row: "invalid value",
    args: ["build", "--policy", "a.rego", "ctx"],
    hint: "write --policy filename=a.rego, if a.rego is the policy's file",
  },
  {
    row: "type is required for output",
    args: ["build", "-o", "dest=x,tpye=local", "ctx"],
    hint: "write it like type=local,dest=FOLDER or type=image,name=IMAGE",
  },
  {
    row: "no such host",
    args: build,
    dockerfile: "FROM scratch\nADD http://nowhere.invalid/x /\n",
    hint: "the builder, not this machine, looks up nowhere.invalid: check the spelling, " +
      "and the DNS servers of the builder's machine",
  },
  {
    row: "missing unit in duration",
    args: ["ls", "--timeout", "5"],
    hint: "write a unit, like 5s or 5m",
  },
  {
    row: "invalid syntax",
    args: ["build", "--retry", "x", "ctx"],
    hint: "write a whole number, like 3",
  },
  {
    row: "failed to find instance",
    args: ["use"],
    env: { BUILDX_BUILDER: "" },
    hint: "name a builder: fairlead use NAME; 'fairlead ls' lists them",
  },
  {
    row: "context builder cannot be removed",
    args: ["rm"],
    env: { BUILDX_BUILDER: "" },
    hint: "to remove another builder, name it: fairlead rm NAME; 'fairlead ls' lists them",
  },
  {
    row: "lease … : not found",
    args: ["history", "rm", "nope"],
    hint: "'fairlead history ls' lists the records",
  },
  {
    row: "connection refused (ssh)",
    args: ["doctor", "ssh://127.0.0.1:1/run/buildkit/buildkitd.sock"],
    hint: "check that an ssh server listens on 127.0.0.1:1: the port of ssh:// is the ssh " +
      "server's, not the daemon's",
  },
  {
    row: "flag needs an argument",
    args: ["build", "-t"],
    hint: '-t needs a value: image identifier (format: "[registry/]repository[:tag]")',
  },
  {
    row: "requires 1 argument",
    args: ["build", "-t", "app"],
    hint: "name the folder to build from as the last argument, usually .",
  },
  {
    row: "repository name must be lowercase",
    args: ["build", "-t", "MyApp:1", "ctx"],
    hint: "did you mean myapp:1?",
  },
  {
    row: "invalid reference format",
    args: ["build", "-t", "my app", "ctx"],
    hint: "did you mean my-app?",
  },
  {
    row: "invalid reference format",
    args: ["build", "-t", "app:1:2", "ctx"],
    hint: "a tag is [HOST[:PORT]/]NAME[:TAG], and NAME has a-z, 0-9, and . _ - / between them",
  },
  {
    row: "failed to read dockerfile",
    args: ["build", "ctx/dev"],
    hint: "there is no DIR/ctx/dev/Dockerfile: did you mean -f DIR/ctx/dev/Dockerfile.dev?",
  },
  {
    row: "failed to read dockerfile",
    args: ["build", "-f", "ctx/dev/Dockerfile.dve", "ctx"],
    hint: "there is no DIR/ctx/dev/Dockerfile.dve: did you mean -f DIR/ctx/dev/Dockerfile.dev?",
  },
  {
    row: "unterminated heredoc",
    args: build,
    dockerfile: "FROM busybox\nRUN <<'EOT'\necho\n",
    hint: "end the heredoc with a line that contains only EOT",
  },
  {
    row: "unknown instruction",
    args: build,
    dockerfile: "FROM busybox\nRUN echo a && \nsomething else\n",
    hint:
      "check its spelling; a line that continues the line above needs a backslash at the end of " +
      "that line",
  },
  {
    row: "unknown flag",
    args: build,
    dockerfile: "FROM busybox\nCOPY --something app.go /\n",
    hint:
      "check its spelling; if the builder is older than the flag, begin the Dockerfile with the " +
      "line # syntax=docker/dockerfile:1",
  },
  {
    row: "no build stage in current context",
    args: build,
    dockerfile: "RUN true\n",
    hint: "begin the Dockerfile with FROM IMAGE: only ARG may come before it",
  },
  {
    row: "file with no instructions",
    args: build,
    dockerfile: "\n",
    hint: "the Dockerfile is empty: begin it with FROM IMAGE",
  },
  {
    row: "should not be blank",
    args: build,
    dockerfile: "FROM ${BASE}\n",
    hint: "add ARG BASE=IMAGE above the first FROM, or pass --build-arg BASE=IMAGE",
  },
  {
    row: "exit code: 127",
    args: build,
    dockerfile: 'FROM busybox\nRUN ["/bin/busybox", "sh", "-c", "nosuch"]\n',
    hint:
      "exit code 127: the shell did not find a command: install it in an earlier step, or check " +
      "its name",
  },
  {
    row: "failed to resolve source metadata",
    args: build,
    dockerfile: "FROM busybox AS build\nFROM busybox\nCOPY --from=compiler /x /\n",
    hint: "no stage above is named compiler, so it is taken as the image " +
      "docker.io/library/compiler:latest; the stages are build",
  },
  {
    row: "failed to resolve source metadata",
    args: build,
    dockerfile: "FROM busybox:nope\n",
    hint: "check the name and the tag of docker.io/library/busybox:nope",
  },
  {
    row: "failed to resolve source metadata",
    args: build,
    dockerfile: "# syntax=docker/dockerfile:0.1\nFROM busybox\n",
    hint: "check the line # syntax=: docker/dockerfile:1 is the usual frontend",
  },
  {
    row: "connection refused (registry)",
    args: build,
    dockerfile: "FROM 127.0.0.1:1/app\n",
    hint:
      "127.0.0.1:1 is an address of the builder's machine, not of this one: name a host that the " +
      "builder can reach",
  },
  {
    row: "is not a known one",
    args: ["build", "-f", "ctx/D", "--platform", "linux/amd46", "ctx"],
    dockerfile: "FROM scratch\nCOPY app.go /\n",
    hint: "the platform linux/amd46 is not a known one; did you mean linux/amd64?",
    isWarning: true,
    onTerminal: true,
  },
  {
    row: "is not a known one",
    args: ["build", "-f", "ctx/D", "--platform", "amd64/linux", "ctx"],
    dockerfile: "FROM scratch\nCOPY app.go /\n",
    hint: "the platform amd64/linux is not a known one; did you mean linux/amd64?",
    isWarning: true,
    onTerminal: true,
  },
  {
    row: "does not exist",
    args: [
      ...["create", "--name", "certs", "--driver-opt", "cacert=DIR/ctx/ap.go"],
      "tcp://127.0.0.1:1",
    ],
    hint: "DIR/ctx/ap.go (driver option cacert) does not exist: builds fail without it; " +
      "did you mean DIR/ctx/app.go?",
    isWarning: true,
  },
  {
    row: "writes to a folder named",
    args: ["build", "-f", "ctx/D", "-o", "dest=out", "ctx"],
    dockerfile: "FROM scratch\nCOPY app.go /\n",
    hint: '-o dest=out writes to a folder named "dest=out"; did you mean -o type=local,dest=out?',
    isWarning: true,
    onTerminal: true,
  },
  {
    row: "is not expected here",
    args: ["bake", "-f", "ctx/typo.hcl", "--print"],
    hint: 'ctx/typo.hcl:2,3-13: An argument named "dockerfiel" is not expected here. ' +
      'Did you mean "dockerfile"? It is ignored.',
    isWarning: true,
    onTerminal: true,
  },
];

Deno.test({ name: "common mistakes get hints", ignore }, async (t) => {
  await using space = await workspace(shared.address);
  space.write({
    "ctx/app.go": "package main\n",
    "ctx/src/main.go": "package main\n",
    "ctx/dev/Dockerfile.dev": "FROM scratch\n",
    "ctx/logs/today.log": "-\n",
    "ctx/.dockerignore": "# what a build doesn't need\n/logs/\n",
    "ctx/Dockerfile": "FROM scratch\n",
    "ctx/bake.hcl": 'group "default" { targets = ["app"] }\ntarget "app" {}\ntarget "worker" {}\n',
    "ctx/typo.hcl": 'target "default" {\n  dockerfiel = "x"\n}\n',
  });
  for (const [at, mistake] of mistakes.entries()) {
    await t.step(`${at}: ${mistake.row}`, () => check(space, mistake));
  }
});

async function check(space: Workspace, mistake: Mistake): Promise<void> {
  const { row, dockerfile, isWarning = false, onTerminal = false, env } = mistake;
  if (dockerfile !== undefined) space.write({ "ctx/D": dockerfile });
  const real = (text: string) => text.replaceAll("DIR", space.dir);
  const args = mistake.args.map(real);
  const { code, stdout, stderr } = await space.fairlead(args, env);
  const text = stdout + stderr;
  assert.equal(code === 0, isWarning, text);
  const wanted = real(mistake.hint);
  if (!onTerminal) {
    assert.ok(text.includes(isWarning ? `WARNING: ${wanted}` : `hint: ${wanted}`), text);
    assert.match(text, patternOf(row));
    return;
  }
  assert.ok(
    !text.includes("WARNING: -o") && !text.includes("not expected") && !text.includes("known one"),
    text,
  );
  assert.ok(
    (await fairleadOnTerminal(space, args, { columns: 200 })).text.includes(`WARNING: ${wanted}`),
  );
}

/** The pattern of a row's message: `…` stands for anything, and `(ssh)` is no part of it. */
function patternOf(row: string): RegExp {
  const words = row.replace(/ \(.*\)$/, "").split(/ ?… ?/).map(RegExp.escape);
  return new RegExp(words.join(".*"));
}

Deno.test("troubleshooting lists the common mistakes that have hints, and no others", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/troubleshooting.md", import.meta.url));
  const section = page.split("## Mistakes in a command or a file")[1]!.split("\n## ")[0]!;
  const rows = [...section.matchAll(/^\| `(.*?)`( \(\w+\))? /gm)]
    .map(([, message, place = ""]) => message! + place);
  assert.deepEqual(rows, [...new Set(mistakes.map(({ row }) => row))]);
});
