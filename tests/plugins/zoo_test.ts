/**
 * Faulty plugins: each ends in a message that names the fault, and no process of a plugin stays.
 */
import assert from "node:assert/strict";
import { type DialErrorCode, StreamLost } from "../../transports/errors.ts";
import { createPlugins } from "../../transports/external.ts";
import { createRegistry } from "../../transports/registry.ts";
import { soon } from "../../transports/contract/expect.ts";
import { context } from "../transports/contract_help.ts";
import { echo, failure, makeZoo, metadataOf, nap, noneRuns } from "./zoo.ts";

const none = (scheme: string) => echo(metadataOf(scheme, { handshake: "none" }));
const errorLine = (fields: object) =>
  `${echo(`fairlead-transport/1 error ${JSON.stringify(fields)}`)}; exit 1`;

interface Beast {
  readonly connect?: string;
  readonly metadata?: string;
  readonly message: RegExp;
  readonly hint?: RegExp;
  readonly code?: DialErrorCode;
}

const beasts: Readonly<Record<string, Beast>> = {
  "exits at once": {
    connect: "echo the far side is out >&2; exit 3",
    message: /ended its stdout without|failed with exit code 3: the far side is out$/,
  },
  "exits at once, without a handshake": {
    connect: "echo the far side is out >&2; exit 3",
    metadata: none("x"),
    message: /the plugin \/.*fairlead-transport-x failed with exit code 3: the far side is out$/,
  },
  "ends without a word": {
    connect: "exit 0",
    message: /the plugin .* ended its stdout without a handshake line$/,
  },
  "is killed": { connect: "kill -9 $$", message: /the plugin .* was ended by SIGKILL$/ },
  "prints noise before its handshake": {
    connect: "echo Welcome to example.com; sleep 60",
    message: /wrote the text "Welcome to example\.com\\n" where its handshake line should be$/,
    hint: /messages for people go to stderr/,
  },
  "prints noise and has no handshake": {
    connect: "echo 'Last login: Monday'; sleep 60",
    metadata: none("x"),
    message: /wrote the text "Last login: Monday\\n" where the daemon's bytes should begin$/,
    hint: /only the daemon's bytes go to stdout/,
  },
  "prints a line without end": {
    connect: "head -c 10000 /dev/zero | tr '\\0' y; sleep 60",
    message: /wrote the text "y{200}" where its handshake line should be$/,
  },
  "floods stderr": {
    connect: `i=0; while [ $i -lt 30 ]; do echo "line $i" >&2; i=$((i+1)); done
      printf '\\033[31mred\\033[0m\\a\\n' >&2; exit 1`,
    message: /failed with exit code 1:\n {2}line 11\n(?: {2}line \d+\n){18} {2}red$/,
  },
  "floods stderr by a megabyte, then refuses": {
    connect: "head -c 1048576 /dev/zero | tr '\\0' x >&2\n" +
      errorLine({ code: "denied", message: "no way", hint: "ask your admin" }),
    message: /: no way: x{2000}$/,
    hint: /^ask your admin$/,
    code: "denied",
  },
  "gives an error of a code that we don't know": {
    connect: errorLine({ code: "weird", message: "it is odd" }),
    message: /: it is odd$/,
    code: "internal",
  },
  "speaks another version in its handshake": {
    connect: echo("fairlead-transport/2 ok {}"),
    message: /answered in protocol 2, though it was asked in protocol 1$/,
  },
  "prints no JSON as metadata": {
    metadata: "echo hello",
    message: /can't be used: its metadata is not JSON: "hello\\n"$/,
    hint: /writing-a-transport/,
  },
  "prints no metadata": { metadata: ":", message: /'metadata' printed nothing$/ },
  "prints a list as metadata": { metadata: "echo '[]'", message: /is not a JSON object$/ },
  "fails at metadata": {
    metadata: "echo no such command >&2; exit 64",
    message: /'metadata' failed with exit code 64: no such command$/,
  },
  "prints too much metadata": {
    metadata: "head -c 65537 /dev/zero",
    message: /its metadata is longer than 65536 bytes$/,
  },
  "hangs at metadata": { metadata: "sleep 61", message: /'metadata' did not end within 2 s$/ },
  "is of a later protocol": {
    metadata: echo(metadataOf("x", { protocol: { min: 2, max: 3 } })),
    message: /it speaks plugin protocol 2 to 3, and fairlead 1$/,
    hint: /^update fairlead$/,
    code: "unsupported",
  },
  "has no versions": {
    metadata: echo(metadataOf("x", { protocol: { min: 2, max: 1 } })),
    message: /no valid "protocol"/,
  },
  "is for other schemes": { metadata: echo(metadataOf("y")), message: /serves y, not x$/ },
  "needs an interpreter that is missing": {
    metadata: "",
    message: /can't be started: /,
    hint: /the interpreter that its first line names is missing/,
  },
};

for (const [name, beast] of Object.entries(beasts)) {
  Deno.test(`a plugin that ${name}`, async () => {
    await using zoo = await makeZoo();
    const path = await zoo.add("x", beast.connect ?? "exit 9", beast.metadata);
    if (name.startsWith("needs")) await Deno.writeTextFile(path, "#!/nowhere/interpreter\n");
    const error = await failure(zoo, "x://there");
    assert.match(error.message, beast.message);
    if (beast.hint) assert.match(error.hint!, beast.hint);
    if (beast.code) assert.equal(error.code, beast.code);
    await noneRuns(zoo.folder);
  });
}

Deno.test("a plugin's own remedy is shown", async () => {
  await using zoo = await makeZoo();
  const fields = { code: "unreachable", message: "asleep", hint: "wake it", retryable: true };
  await zoo.add("x", errorLine(fields));
  const error = await failure(zoo, "x://there?token=hunter2");
  assert.deepEqual([error.code, error.hint, error.retryable], ["unreachable", "wake it", true]);
  assert.match(error.message, /^cannot reach x:\/\/there\?token=\*\*\*: asleep$/);
});

Deno.test("a plugin that hangs is given up in time, and ended", async () => {
  await using zoo = await makeZoo();
  await zoo.add("x", `trap '' TERM; ${nap(62)} & wait; ${nap(62)}`);
  const error = await failure(zoo, "x://there", 500);
  assert.equal(error.code, "timeout");
  assert.match(error.message, /timed out while waiting for the program \(\/.*-x\)$/);
  await noneRuns(zoo.folder);
  await noneRuns(nap(62));
});

Deno.test("a plugin's helper is ended with the plugin", async () => {
  await using zoo = await makeZoo();
  await zoo.add("x", `${nap(63)} & ${echo("fairlead-transport/1 ok {}")}; exec cat`);
  const transport = zoo.registry.find("x://there");
  const { stream } = await transport.dial(transport.parse("x://there"), context());
  await stream.write(new TextEncoder().encode("echo"));
  assert.equal(await stream.read(new Uint8Array(10)), 4);
  stream.close();
  await noneRuns(nap(63));
});

Deno.test("a plugin that dies in mid-stream is reported", async () => {
  await using zoo = await makeZoo();
  const greet = echo("fairlead-transport/1 ok {}");
  await zoo.add("x", `${greet}; read -r line; echo "$line"; echo out of luck >&2; exit 7`);
  const transport = zoo.registry.find("x://there");
  const { stream } = await transport.dial(transport.parse("x://there"), context());
  await stream.write(new TextEncoder().encode("ping\n"));
  assert.equal(await stream.read(new Uint8Array(10)), 5);
  const read = soon(stream.read(new Uint8Array(10)), "the error", 10_000);
  await assert.rejects(read, (error) => {
    assert(error instanceof StreamLost);
    assert.match(error.message, /failed with exit code 7: out of luck$/);
    return true;
  });
  stream.close();
});

Deno.test("a plugin gets its request, and no setting of fairlead's", async () => {
  await using zoo = await makeZoo();
  const options = [{ name: "region" }, { name: "token", secret: true }];
  const file = `${zoo.folder}/request`;
  // The secret is removed from the plugin's stderr, so the plugin also writes its request to a
  // file.
  const request = `printf '%s' "$FAIRLEAD_TRANSPORT_REQUEST" | tee ${file} >&2; exit 1`;
  await zoo.add("x", request, echo(metadataOf("x", { options })));
  const error = await failure(zoo, "X://There/Is?region=eu%20west&token=hunter2%2f", 1234);
  assert.deepEqual(JSON.parse(await Deno.readTextFile(file)), {
    protocol: 1,
    url: "X://There/Is?region=eu%20west&token=hunter2%2f",
    options: { region: "eu west", token: "hunter2/" },
    timeoutMs: 1234,
    debug: false,
  });
  assert(error.message.startsWith("cannot reach X://There/Is?region=eu%20west&token=***: "));
  assert.match(error.message, /"region":"eu west","token":"\*\*\*"/);
  assert.doesNotMatch(`${error.message} ${error.hint}`, /hunter2/);
});

Deno.test("metadata is requested once for each state of the file", async () => {
  await using zoo = await makeZoo();
  const count = `${zoo.folder}/count`;
  const path = await zoo.add("x", "exit 1", `echo asked >> ${count}; ${none("x")}`);
  const asked = async () => (await Deno.readTextFile(count)).split("\n").length - 1;
  for (let i = 0; i < 3; i++) await failure(zoo, "x://there");
  assert.equal(await asked(), 1);
  await Deno.writeTextFile(path, "# changed\n", { append: true });
  await failure(zoo, "x://there");
  assert.equal(await asked(), 2);
  // A cache that can't be used does no harm.
  await Deno.remove(`${zoo.folder}/../cache`, { recursive: true });
  await Deno.writeTextFile(`${zoo.folder}/../cache`, "not a folder");
  await failure(zoo, "x://there");
  assert.equal(await asked(), 2);
  await failure({ ...zoo, registry: createRegistry([], createPlugins(zoo.env)) }, "x://there");
  assert.equal(await asked(), 3);
});
