/** The gateway's files, containers and processes, on a real daemon. */
import assert from "node:assert/strict";
import {
  connect,
  type Container,
  dockerfileRequest,
  fileSync,
  type Gateway,
  type GatewayResult,
  health,
  newId,
  type Process,
  type ProcessOptions,
  withGateway,
} from "../../buildkit/mod.ts";
import { withShared } from "../harness/shared.ts";

const { ignore, shared } = await withShared();
const test = (name: string, fn: Deno.TestDefinition["fn"]) => Deno.test({ name, ignore, fn });

const dockerfile = `FROM busybox
RUN mkdir -p /d/e && echo hello > /d/file && chmod 640 /d/file && ln -s file /d/link
RUN dd if=/dev/zero of=/d/big bs=1M count=3
`;

/** Builds the Dockerfile, and works with its result while the build is open. */
async function during<T>(work: (gateway: Gateway, ref: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir({ prefix: "fl-gateway-" });
  const client = await connect(shared.address);
  try {
    Deno.writeTextFileSync(`${folder}/Dockerfile`, dockerfile);
    const services = [health, fileSync(new Map([["context", folder], ["dockerfile", folder]]))];
    const signal = AbortSignal.timeout(120_000);
    const request = { ...dockerfileRequest({}), Ref: newId() };
    const options = { services, onStatus: () => {}, signal };
    const { value } = await withGateway(client, request, options, async (gateway) => {
      const { Frontend, FrontendAttrs } = request;
      const result = await gateway.solve({ Frontend, FrontendOpt: FrontendAttrs });
      return { result, value: await work(gateway, refOf(result)) };
    });
    return value;
  } finally {
    await client.close();
    Deno.removeSync(folder, { recursive: true });
  }
}

function refOf({ result }: GatewayResult): string {
  assert.equal(result?.$case, "ref");
  return result.ref.id;
}

function container(gateway: Gateway, ref: string): Promise<Container> {
  return gateway.newContainer({
    mounts: [{
      ...{ input: -1n, output: -1n, selector: "", dest: "/", readonly: false, mountType: 0 },
      TmpfsOpt: new Uint8Array(),
      cacheOpt: new Uint8Array(),
      secretOpt: new Uint8Array(),
      SSHOpt: new Uint8Array(),
      resultID: ref,
    }],
  });
}

const sh = (script: string, more: Partial<ProcessOptions> = {}) => ({
  args: ["/bin/sh", "-c", script],
  env: ["PATH=/bin"],
  ...more,
});

/** Starts a script, and collects its outputs as text. */
async function script(box: Container, text: string, more: Partial<ProcessOptions> = {}) {
  const outputs: Record<number, string> = { 1: "", 2: "" };
  const onOutput = (descriptor: number, bytes: Uint8Array) => {
    outputs[descriptor] += new TextDecoder().decode(bytes);
  };
  const process: Process = await box.start({ ...sh(text, more), onOutput });
  return { process, outputs };
}

test("files of a result and of a container are listed and read", async () => {
  await during(async (gateway, ref) => {
    const box = await container(gateway, ref);
    const parts: string[] = [];
    for (const files of [gateway.files(ref), box.files(0)]) {
      const names = (await files.readDir("/d")).map(({ path }) => path).sort();
      assert.deepEqual(names, ["big", "e", "file", "link"]);
      const stat = await files.stat("/d/file");
      assert.equal(stat.mode & 0o777, 0o640);
      assert.equal(stat.size, 6n);
      const text = new TextDecoder().decode(await files.readFile("/d/file"));
      assert.equal(text, "hello\n");
      const part = await files.readFile("/d/file", { offset: 1, length: 3 });
      parts.push(new TextDecoder().decode(part));
      assert.equal((await files.readFile("/d/big")).length, 3 << 20);
      await assert.rejects(files.readFile("/d/none"), /no such file/);
      await assert.rejects(files.readDir("/d/file"), /not a dir/);
    }
    await box.release();
    await box.release();
    await assert.rejects(box.files(0).readDir("/"), /not found/);
  });
});

test("a process gives its outputs apart, its exit code, and its surroundings", async () => {
  await during(async (gateway, ref) => {
    const box = await container(gateway, ref);
    const first = await script(box, "echo out; echo err >&2; pwd; echo $A; id -u; exit 7", {
      cwd: "/d",
      env: ["PATH=/bin", "A=b c"],
      user: "42",
    });
    assert.equal(await first.process.exit, 7);
    assert.deepEqual(first.outputs, { 1: "out\n/d\nb c\n42\n", 2: "err\n" });
    // A container takes no other process after its first one.
    await box.release();
    const again = await container(gateway, ref);
    let told = "";
    const none = await again.start({
      args: ["/none"],
      onOutput: (_, bytes) => void (told += new TextDecoder().decode(bytes)),
    });
    assert.equal(await none.exit, 1);
    assert.match(told, /\/none/);
    await again.release();
  });
});

test("64 MiB go through a process's input and come back", async () => {
  await during(async (gateway, ref) => {
    const box = await container(gateway, ref);
    const block = crypto.getRandomValues(new Uint8Array(64 << 10));
    let [count, wrong] = [0, 0];
    const process = await box.start({
      ...sh("cat"),
      stdin: true,
      onOutput(_, bytes) {
        for (let i = 0; i < bytes.length; i += 97) {
          if (bytes[i] !== block[(count + i) % block.length]) wrong++;
        }
        count += bytes.length;
      },
    });
    for (let sent = 0; sent < 64 << 20; sent += block.length) await process.write(block);
    process.closeStdin();
    assert.equal(await process.exit, 0);
    assert.deepEqual([count, wrong], [64 << 20, 0]);
    await box.release();
  });
});

test("input for a program that doesn't read waits on this side, in a small amount", async () => {
  await during(async (gateway, ref) => {
    const box = await container(gateway, ref);
    const process = await box.start({ ...sh("sleep 100"), stdin: true, onOutput: () => {} });
    const block = new Uint8Array(64 << 10);
    let taken = 0;
    const sending = (async () => {
      for (; taken < 64 << 20; taken += block.length) await process.write(block);
    })();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    assert.ok(taken < 4 << 20, `${taken} bytes were taken`);
    process.cancel();
    await sending;
    await assert.rejects(process.exit);
    await box.release();
  });
});

test("a program that never stops writing waits for its reader", async () => {
  await during(async (gateway, ref) => {
    const box = await container(gateway, ref);
    const gate = Promise.withResolvers<void>();
    let count = 0;
    const process = await box.start({
      ...sh("yes"),
      async onOutput(_, bytes) {
        count += bytes.length;
        if (count > 1 << 20) await gate.promise;
      },
    });
    await new Promise((resolve) => setTimeout(resolve, 1500));
    assert.ok(count < 2 << 20, "delivery is held back");
    // Other calls go on meanwhile, over the same connection.
    assert.equal((await gateway.files(ref).readDir("/d")).length, 4);
    gate.resolve();
    process.signal("KILL");
    assert.equal(await process.exit, 137);
    await box.release();
  });
});

test("a terminal has a size, takes another, and signals reach the program", async () => {
  await during(async (gateway, ref) => {
    const box = await container(gateway, ref);
    const seen = Promise.withResolvers<void>();
    const resized = Promise.withResolvers<void>();
    let text = "";
    const process = await box.start({
      ...sh(
        "trap 'stty size' WINCH; trap 'exit 9' TERM; echo ready; while :; do sleep 0.1; done",
      ),
      tty: true,
      stdin: true,
      onOutput(_, bytes) {
        text += new TextDecoder().decode(bytes);
        if (text.includes("ready")) seen.resolve();
        if (text.includes("33 99")) resized.resolve();
      },
    });
    await seen.promise;
    process.resize(99, 33);
    await resized.promise;
    process.signal("TERM");
    assert.equal(await process.exit, 9);
    await box.release();
  });
});

test("a program that ends before its input does gives its own exit code", async () => {
  await during(async (gateway, ref) => {
    for (let round = 0; round < 3; round++) {
      const box = await container(gateway, ref);
      const { process, outputs } = await script(box, "head -c 3; exit 4", { stdin: true });
      const block = new Uint8Array(256 << 10).fill(97);
      for (let i = 0; i < 8; i++) await process.write(block);
      assert.equal(await process.exit, 4);
      assert.equal(outputs[1], "aaa");
      await box.release();
    }
  });
});
