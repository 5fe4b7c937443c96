/** Completion in the real shells: keys are pressed, and the resulting command line is checked. */
import { equal, match } from "node:assert/strict";
import { type Workspace, workspace } from "../build/workspace.ts";
import { PROMPT, startShell } from "../harness/shell.ts";
import { sharedBuildkitd } from "../harness/shared.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { fails, succeeds } from "../harness/ended.ts";

const program = new URL("../../scripts/fairlead", import.meta.url).pathname;
const noDaemon = needsRoot() ?? await missing("buildkitd", "runc", "busybox", "docker-registry");
const address = noDaemon ? "tcp://127.0.0.1:1" : (await sharedBuildkitd()).address;

/**
 * A stand-in for the program: it completes as the program does, and otherwise only prints its
 * arguments.
 */
const standIn = `#!/bin/sh
case $1 in
__complete | completion) exec '${program}' "$@" ;;
esac
printf RAN
for word; do printf ' <%s>' "$word"; done
echo .
`;

/** How each shell is started, and what it reads first. */
const shells = {
  bash: {
    args: "--noprofile --rcfile rc/bashrc -i",
    files: { "rc/bashrc": `PS1='${PROMPT}'\nsource <(fairlead completion bash)\n` },
  },
  zsh: {
    args: "-i",
    files: {
      "rc/.zshrc": `PS1='${PROMPT}'\nautoload -Uz compinit\ncompinit -u -D\n` +
        "source <(fairlead completion zsh)\n",
    },
  },
  fish: {
    args: "--interactive",
    files: {
      "rc/fish/config.fish":
        `function fish_prompt; echo -n '${PROMPT}'; end\nset -g fish_greeting\n` +
        "set -g fish_autosuggestion_enabled 0\nfairlead completion fish | source\n",
    },
  },
} as const;

/** The typed keys, with tabs, and the words that the program gets. */
const cases: [string, string][] = [
  ["us\tte\t", "<use> <test>"],
  ["build --progre\tpl\tctx", "<build> <--progress> <plain> <ctx>"],
  ["build --progress=pl\tctx", "<build> <--progress=plain> <ctx>"],
  ["build -f Dock\t", "<build> <-f> <Dockerfile.test>"],
  // zsh takes the slash away at the line's end.
  ["build ct\t", "<build> <ctx>"],
  ["create uni\t/run/s", "<create> <unix:///run/s>"],
  ["create unix:/\t/run/s", "<create> <unix:///run/s>"],
  ["create --name test --node te\t", "<create> <--name> <test> <--node> <test0>"],
  ["--builder te\tdu", "<--builder> <test> <du>"],
  ["build ctx --target fi\t", "<build> <ctx> <--target> <final>"],
  ["imagetools ins\tx", "<imagetools> <inspect> <x>"],
  [
    "imagetools inspect --format '{{json .M\tx",
    "<imagetools> <inspect> <--format> <{{json .Manifest}}> <x>",
  ],
  ["build hostile --target fi\tx", "<build> <hostile> <--target> <fix>"],
  ['build hostile --target "fi\tx"', "<build> <hostile> <--target> <fix>"],
  ['--builder "te\tdu', "<--builder> <test> <du>"],
  ['build -f "my dir/D\tctx', "<build> <-f> <my dir/Dockerfile> <ctx>"],
  ["history ls --filter repo\tx", "<history> <ls> <--filter> <repository=x>"],
  [
    "history inspect attachment --type sb\tx",
    "<history> <inspect> <attachment> <--type> <sbom> <x>",
  ],
];

async function world(): Promise<Workspace> {
  const space = await workspace(address);
  space.write({
    "bin/fairlead": standIn,
    "Dockerfile.test": "",
    "hostile/Dockerfile":
      "FROM scratch AS fi$(touch${IFS}pwned)\nFROM scratch AS fi`touch${IFS}pwned`\n",
    "my dir/Dockerfile": "",
    "ctx/Dockerfile": "FROM scratch AS base\nFROM base AS final\nCOPY Dockerfile /\n",
  });
  return space;
}

for (const [name, { args, files }] of Object.entries(shells)) {
  const shell = name as keyof typeof shells;
  Deno.test(
    { name: `completion in ${shell}`, ignore: skip(await missing(shell, "script")) },
    async (t) => {
      await using space = await world();
      space.write(files);
      const env = {
        ...space.env,
        BUILDX_BUILDER: "",
        PATH: `${space.path("bin")}:${Deno.execPath().replace(/\/[^/]*$/, "")}:${
          Deno.env.get("PATH")
        }`,
        ZDOTDIR: space.path("rc"),
        XDG_CONFIG_HOME: space.path("rc"),
        XDG_DATA_HOME: space.path("data"),
        TERM: "dumb",
      };
      let ref = "";
      if (!noDaemon) {
        await succeeds(space.fairlead(
          ["build", "--builder", "test", "--metadata-file", "meta.json", "ctx"],
        ));
        ref = JSON.parse(space.read("meta.json"))["buildx.build.ref"].split("/").at(-1);
      }
      await using typist = await startShell(shell, args, { cwd: space.dir, env });
      const live: [string, string][] = ref === "" ? [] : [[
        `history --builder test logs ${ref.slice(0, 12)}\t`,
        `<history> <--builder> <test> <logs> <${ref}>`,
      ]];
      for (const [typed, ran] of [...cases, ...live]) {
        await t.step(JSON.stringify(typed), async () => {
          const shown = await typist.type(`fairlead ${typed}\n`, /RAN .*\.\r?\n/);
          match(
            shown.replace("<ctx/>", "<ctx>"),
            new RegExp(`RAN ${ran.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&")}\\.`),
          );
        });
      }
      equal([...Deno.readDirSync(space.dir)].some(({ name }) => name === "pwned"), false);
    },
  );
}

Deno.test("completion for an unknown shell is refused", async () => {
  await using space = await world();
  const wrong = await fails(space.fairlead(["completion", "bsh"]));
  match(wrong.stderr, /hint: did you mean bash\?[^]*unknown shell: "bsh"/);
});
