// deno-lint-ignore-file no-console
/**
 * `BUILDKIT_HOST=URL deno run -A scripts/pictures.ts` makes the README's pictures in
 * `docs/pictures/`: a build on a terminal, and the page of its timeline. A real build runs in tmux;
 * Chromium takes the picture of the page. It needs tmux, chromium and a static busybox on PATH.
 */
import { check as run } from "./run.ts";
import { terminalSvg } from "./pictures/terminal_svg.ts";

const root = new URL("..", import.meta.url).pathname.replace(/\/$/, "");
const pictures = `${root}/docs/pictures`;
const COLUMNS = 96, ROWS = 24;
/** README pictures are loaded by everyone who looks at the page. */
const MOST_BYTES = 60_000;

const DOCKERFILE = `FROM scratch AS base
COPY busybox /bin/busybox
SHELL ["/bin/busybox", "sh", "-c"]

FROM base AS modules
RUN for m in http store yaml; do echo "fetching $m"; busybox sleep 0.7; done; echo ok >/modules

FROM base AS lint
COPY src /src
RUN busybox sleep 2.5; echo "no problems in $(busybox ls /src | busybox wc -l) files" | busybox tee /lint

FROM base AS app
COPY --from=modules /modules /
COPY src /src
RUN for f in $(busybox ls /src); do echo "compiling $f"; busybox sleep 0.8; done; echo app >/app

FROM scratch
COPY --from=lint /lint /
COPY --from=app /app /
`;

const folder = await Deno.makeTempDir({ prefix: "fairlead-pictures-" });
const session = `fairlead-pictures-${Deno.pid}`;
try {
  await Deno.mkdir(`${folder}/web/src`, { recursive: true });
  await Deno.writeTextFile(`${folder}/web/Dockerfile`, DOCKERFILE);
  for (const name of ["main", "router", "store", "cli"]) {
    await Deno.writeTextFile(`${folder}/web/src/${name}.go`, `package main // ${name}\n`);
  }
  await Deno.copyFile(await output("which", "busybox"), `${folder}/web/busybox`);
  await Deno.mkdir(`${folder}/bin`);
  await Deno.symlink(`${root}/scripts/fairlead`, `${folder}/bin/fairlead`);
  await Deno.mkdir(pictures, { recursive: true });

  await output(
    ...["tmux", "new-session", "-d", "-s", session, "-x", `${COLUMNS}`, "-y", `${ROWS}`],
    ...["-c", `${folder}/web`, "env", "PS1=$ ", `PATH=${folder}/bin:${Deno.env.get("PATH")}`],
    ...[`BUILDKIT_HOST=${Deno.env.get("BUILDKIT_HOST") ?? ""}`, "sh"],
  );
  await screenWith(/^\$ $/);
  const command = "fairlead build --no-cache --timeline timeline.html -o out .";
  await output("tmux", "send-keys", "-t", session, command, "Enter");
  await screenWith(/compiling store/);
  await write("build.svg", new TextEncoder().encode(terminalSvg(await screen(), COLUMNS)));
  await screenWith(/\$ $/);

  const page = `${folder}/web/timeline.html`, shot = `${folder}/timeline.webp`;
  const text = await Deno.readTextFile(page);
  await Deno.writeTextFile(page, text.replaceAll(folder, "~"));
  await output(
    ...["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"],
    ...[`--user-data-dir=${folder}/profile`, "--window-size=900,860", `--screenshot=${shot}`],
    `file://${page}`,
  );
  await write("timeline.webp", await Deno.readFile(shot));
} finally {
  await output("tmux", "kill-session", "-t", session).catch(() => {});
  await Deno.remove(folder, { recursive: true });
}

/** The terminal's lines, with their colours. */
async function screen(): Promise<string> {
  return await output("tmux", "capture-pane", "-e", "-p", "-t", session);
}

/** Waits until the screen, without the empty lines at its end, matches. */
async function screenWith(pattern: RegExp): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    const text = await output("tmux", "capture-pane", "-p", "-t", session);
    if (pattern.test(text.trimEnd() + " ")) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the terminal never showed ${pattern}:\n${await screen()}`);
}

async function write(name: string, bytes: Uint8Array): Promise<void> {
  if (bytes.length > MOST_BYTES) throw new Error(`${name} has ${bytes.length} bytes: too many`);
  await Deno.writeFile(`${pictures}/${name}`, bytes);
  console.log(`docs/pictures/${name}: ${bytes.length} bytes`);
}

/** Runs a program; its stdout without the last line's end. */
async function output(program: string, ...args: string[]): Promise<string> {
  return (await run(program, args)).stdout.replace(/\n$/, "");
}
