/** install.sh, on releases that a server on loopback offers. */
import assert from "node:assert/strict";
import { type Ran, run } from "../harness/run.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing, need, onPath } from "../harness/tool.ts";
import { digest } from "../harness/random.ts";
import { removedLater } from "../harness/remove_folder.ts";
import { accept } from "../harness/accept.ts";
import { fails, succeeds } from "../harness/ended.ts";
import { type FileServer, fileServer } from "../harness/web_server.ts";

const script = new URL("../../install.sh", import.meta.url).pathname;
const binary = "#!/bin/sh\necho fairlead of the release\n";
const ignore = skip(
  needsRoot() ?? (await onPath("setpriv") ? undefined : "there is no setpriv") ??
    await missing("busybox"),
);
const test = (name: string, fn: Deno.TestDefinition["fn"]) => Deno.test({ name, ignore, fn });

/** The file for the machine that tests play by default, and the folder of the latest release. */
const NAME = "fairlead-linux-x64";
const LATEST = "/latest/download/";

type Content = string | Uint8Array<ArrayBuffer>;

/** A release of one file, with its checksum. */
async function release(content: Content, path = LATEST, name = NAME): Promise<FileServer> {
  return fileServer({ [path + name]: content, [`${path}SHA256SUMS`]: await sums(name, content) });
}

async function sums(name: string, content: Content): Promise<string> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return `${"0".repeat(64)}  other\n${await digest(bytes)}  ${name}\n`;
}

/** A text packed by a program. */
async function packed(program: "xz" | "gzip", text: string): Promise<Uint8Array<ArrayBuffer>> {
  const child = new Deno.Command(program, { args: ["-c"], stdin: "piped", stdout: "piped" })
    .spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  return new Uint8Array((await child.output()).stdout);
}

interface Machine {
  readonly system?: string;
  readonly machine?: string;
  /** Stay root. */
  readonly root?: boolean;
  /** The only programs that there are; of "busybox" alone all that it has. */
  readonly only?: readonly string[];
}

/** Runs it as a user (or root) on a machine that calls itself so; `check` sees the folder. */
async function install(
  url: string,
  args: readonly string[],
  { system = "Linux", machine = "x86_64", root = false, only }: Machine = {},
  check: (home: string, ran: Ran) => Promise<void> | void = () => {},
): Promise<Ran> {
  const home = await Deno.makeTempDir({ prefix: "fl-install-" });
  await using _ = removedLater(home);
  await Deno.mkdir(`${home}/bin`);
  const says = `#!/bin/sh\ncase $1 in -s) echo ${system} ;; *) echo ${machine} ;; esac\n`;
  await Deno.writeTextFile(`${home}/bin/uname`, says, { mode: 0o755 });
  await Deno.chmod(home, 0o777);
  let path = `${home}/bin:/usr/bin:/bin`;
  let shell = ["sh"];
  if (only) {
    for (const name of only) {
      const program = name === "busybox" ? await need("busybox") : await onPath(name);
      await Deno.symlink(program!, `${home}/bin/${name}`);
    }
    path = `${home}/bin`;
    shell = only[0] === "busybox" ? [`${path}/busybox`, "sh"] : ["/bin/sh"];
  }
  const command = [...shell, script, ...args];
  const user = ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
  const [program, ...words] = root ? command : [...user, ...command];
  const ran = await run(program!, words, {
    cwd: home,
    env: { HOME: home, PATH: path, FAIRLEAD_DOWNLOAD: url },
  });
  await check(home, ran);
  return ran;
}

const targets: [Machine, string][] = [
  [{}, "fairlead-linux-x64"],
  [{ machine: "aarch64" }, "fairlead-linux-arm64"],
  [{ system: "Darwin", machine: "arm64" }, "fairlead-macos-arm64"],
  [{ system: "Darwin" }, "fairlead-macos-x64"],
];
for (const [machine, name] of targets) {
  Deno.test({ name: `install.sh installs ${name}`, ignore }, async () => {
    await using made = await release(binary, LATEST, name);
    await install(made.url, [], machine, async (home, { code, stdout, stderr }) => {
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^installed .*\/\.local\/bin\/fairlead \(latest\)\n/);
      assert.match(stdout, /is not in PATH/);
      assert.equal(
        (await run(`${home}/.local/bin/fairlead`, [])).stdout,
        "fairlead of the release\n",
      );
      const left = [...Deno.readDirSync(`${home}/.local/bin`)].map(({ name }) => name);
      assert.deepEqual(left, ["fairlead"]);
    });
  });
}

test("install.sh installs a given version into a given folder", async () => {
  await using made = await release(binary, "/download/v1.2.3/");
  const { url } = made;
  await install(url, ["--version", "v1.2.3", "--dir", "here"], {}, async (home, ran) => {
    assert.equal(ran.code, 0, ran.stderr);
    assert.ok((await Deno.stat(`${home}/here/fairlead`)).isFile);
  });
  await install(url, ["--version=v1.2.3", "--dir=a folder/"], {}, async (home, ran) => {
    assert.equal(ran.code, 0, ran.stderr);
    assert.match(ran.stdout, new RegExp(`^installed ${home}/a folder/fairlead `));
    assert.ok((await Deno.stat(`${home}/a folder/fairlead`)).isFile);
  });
  // The folder `bin`, that of uname, is in PATH.
  const bin = ["--version=v1.2.3", "--dir=bin/"];
  const refused = await install(url, bin);
  assert.match(refused.stderr, /cannot write into \S+\/bin; name another/);
  const installed = await succeeds(install(url, ["--as-root", ...bin], { root: true }));
  assert.doesNotMatch(installed.stdout, /PATH/);
});

/** The programs that install.sh uses, besides a shell. */
const TOOLS = "id mkdir mktemp rm mv sed grep chmod head sha256sum curl".split(" ");

test("install.sh takes the smallest form that the machine can unpack", async () => {
  const forms = {
    [`${NAME}.xz`]: await packed("xz", binary),
    [`${NAME}.gz`]: await packed("gzip", binary),
    [NAME]: binary,
  };
  const entries = Object.entries(forms);
  const all = (await Promise.all(entries.map(([name, content]) => sums(name, content)))).join("");
  const files = Object.fromEntries(entries.map(([name, content]) => [LATEST + name, content]));
  const machines: [readonly string[] | undefined, string, string][] = [
    [undefined, all, `${NAME}.xz`],
    [["busybox"], all, `${NAME}.xz`],
    [[...TOOLS, "xz", "gzip"], all, `${NAME}.xz`],
    [[...TOOLS, "gzip"], all, `${NAME}.gz`],
    [TOOLS, all, NAME],
    // A release without packed forms.
    [undefined, await sums(NAME, binary), NAME],
  ];
  for (const [only, SHA256SUMS, taken] of machines) {
    await using made = fileServer({ ...files, [`${LATEST}SHA256SUMS`]: SHA256SUMS });
    await install(made.url, [], only ? { only } : {}, async (home, { code, stderr }) => {
      assert.equal(code, 0, stderr);
      assert.deepEqual(made.asked, [`${LATEST}SHA256SUMS`, LATEST + taken]);
      assert.equal(await Deno.readTextFile(`${home}/.local/bin/fairlead`), binary);
      assert.deepEqual([...Deno.readDirSync(`${home}/.local/bin`)].length, 1);
    });
  }
  // Archives packed by another person, and files that are no archive.
  for (const content of [await packed("xz", `${binary} `), new Uint8Array([1, 2])]) {
    const other = await sums(`${NAME}.xz`, content[0] === 1 ? content : forms[`${NAME}.xz`]!);
    await using made = fileServer({
      ...files,
      [`${LATEST}${NAME}.xz`]: content,
      [`${LATEST}SHA256SUMS`]: other + (await sums(NAME, binary)),
    });
    await install(made.url, [], {}, (home, { code, stderr }) => {
      assert.equal(code, 1);
      assert.match(stderr, /xz is damaged|cannot unpack fairlead-linux-x64\.xz/);
      assert.deepEqual([...Deno.readDirSync(`${home}/.local/bin`)], []);
    });
  }
});

test("install.sh --launcher starts it once, and leaves its first block", async () => {
  const program = `#!/bin/sh\n[ -e "$HOME/there" ] || : >"$HOME/there"\nexit 0\n`.padEnd(100_000);
  await using made = await release(program);
  await install(made.url, ["--launcher"], {}, async (home, { code, stderr }) => {
    assert.equal(code, 0, stderr);
    assert.equal((await Deno.stat(`${home}/.local/bin/fairlead`)).size, 65_536);
    assert.ok((await Deno.stat(`${home}/there`)).isFile);
  });
  const broken = "#!/bin/sh\necho it fails >&2\nexit 1\n";
  await using other = await release(broken);
  await install(other.url, ["--launcher"], {}, (home, { code, stderr }) => {
    assert.equal(code, 1);
    assert.match(stderr, /it fails\n.*the first start failed/);
    assert.deepEqual([...Deno.readDirSync(`${home}/.local/bin`)], []);
  });
});

test("install.sh does not replace a folder of the program's name", async () => {
  await using empty = fileServer({});
  const folder = await Deno.makeTempDir({ prefix: "fl-install-" });
  await using _ = removedLater(folder);
  await Deno.mkdir(`${folder}/fairlead`);
  const args = ["--as-root", "--dir", folder];
  const { stderr } = await fails(install(empty.url, args, { root: true }));
  assert.match(stderr, /\/fairlead is a folder; name another place/);
  assert.deepEqual(empty.asked, []);
});

test("install.sh installs nothing whose checksum is not the release's", async () => {
  const file = { [LATEST + NAME]: binary };
  const sum = { [`${LATEST}SHA256SUMS`]: await sums(NAME, binary) };
  const bad: [Record<string, string>, RegExp][] = [
    [{ ...sum, [LATEST + NAME]: binary + "x" }, /is damaged/],
    [{ ...file, [`${LATEST}SHA256SUMS`]: await sums("x", binary) }, /says nothing of/],
    [file, /cannot download .*SHA256SUMS/],
    [sum, /cannot download .*fairlead-linux-x64/],
  ];
  for (const [files, said] of bad) {
    await using made = fileServer(files);
    await install(made.url, [], {}, (home, { code, stderr }) => {
      assert.equal(code, 1);
      assert.match(stderr, said);
      assert.deepEqual([...Deno.readDirSync(`${home}/.local/bin`)], [], "nothing is left behind");
    });
  }
});

test("install.sh installs nothing when a download breaks off", async () => {
  const sum = new TextEncoder().encode(await sums("fairlead-linux-x64", binary));
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using _serving = accept(listener, async (connection) => {
    const request = new Uint8Array(4096);
    await connection.read(request);
    const isSums = new TextDecoder().decode(request).includes("SHA256SUMS");
    const body = isSums ? sum : new TextEncoder().encode(binary.slice(0, 9));
    const length = isSums ? sum.length : binary.length;
    const head = `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\nConnection: close\r\n\r\n`;
    await connection.write(new TextEncoder().encode(head));
    await connection.write(body);
  });
  const { port } = listener.addr;
  const withWget = TOOLS.map((tool) => tool === "curl" ? "wget" : tool);
  for (const only of [["busybox"], TOOLS, withWget]) {
    await install(`http://127.0.0.1:${port}`, [], { only }, (home, { code, stderr }) => {
      assert.equal(code, 1);
      assert.match(stderr, /cannot download \S+\/fairlead-linux-x64\n|is damaged/);
      assert.deepEqual([...Deno.readDirSync(`${home}/.local/bin`)], []);
    });
  }
  const neither = TOOLS.filter((tool) => tool !== "curl");
  const { stderr } = await install(`http://127.0.0.1:${port}`, [], { only: neither });
  assert.match(
    stderr,
    /neither curl nor wget is here: .*download \S+\/fairlead-linux-x64 yourself/,
  );
});

test("install.sh downloads nothing on a machine without a binary", async () => {
  await using empty = fileServer({});
  const machines: [Machine, RegExp][] = [
    [{ machine: "riscv64" }, /no binary for riscv64/],
    [{ system: "SunOS" }, /no binary for SunOS/],
    [{ system: "MINGW64_NT-10.0" }, /fairlead-windows-x64\.exe/],
  ];
  for (const [machine, said] of machines) {
    assert.match((await fails(install(empty.url, [], machine))).stderr, said);
  }
  const wrong = [["--version", "1.2.3"], ["--version=1"], ["--dir"], ["--dir="], ["--nonsense"]];
  for (const args of wrong) await fails(install(empty.url, args));
  assert.deepEqual(empty.asked, []);
});

test("install.sh does nothing as root without --as-root", async () => {
  await using made = await release(binary);
  const refused = await fails(install(made.url, [], { root: true }));
  assert.match(refused.stderr, /you are root/);
  assert.deepEqual(made.asked, []);
  await install(made.url, ["--as-root", "--dir", "here"], { root: true }, async (home, ran) => {
    assert.equal(ran.code, 0, ran.stderr);
    assert.ok((await Deno.stat(`${home}/here/fairlead`)).isFile);
  });
});

Deno.test("a truncated install.sh does nothing", async () => {
  const text = await Deno.readTextFile(script);
  for (let at = 0; at < text.length - 12; at += 97) {
    const { stdout } = await run("sh", ["-c", text.slice(0, at)], {
      env: { HOME: "/nonexistent" },
    });
    assert.equal(stdout, "");
  }
});
