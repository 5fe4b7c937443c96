/** Sigstore's trust root: fetched from repositories that the tests make, good and forged ones. */
import assert from "node:assert/strict";
import { startEngine } from "../../policies/engine.ts";
import {
  newPrivateFolder,
  removePrivateFolder,
  TrustError,
  type TrustFolder,
  trustFolder,
} from "../../policies/trust_files.ts";
import { savedTrust, updateTrust, validTrust } from "../../policies/trust_root.ts";
import { signatureModulePath } from "./engine_module.ts";
import { makeInstance, trustedRoot } from "./sigstore/instance.ts";
import {
  repository,
  repositoryKeys,
  type RepositoryOptions,
  writeRepository,
} from "./sigstore/tuf.ts";
import { removedLater } from "../harness/remove_folder.ts";
import { webServer } from "../harness/web_server.ts";

const { signal } = new AbortController();

Deno.test("the trust root is fetched, verified and renewed", async (t) => {
  const module = await startEngine(await Deno.readFile(await signatureModulePath()));
  const base = await Deno.makeTempDir({ prefix: "fairlead-trust-" });
  await using _ = removedLater(base);
  const keys = await repositoryKeys();
  const plain: RepositoryOptions = { keys, trustedRoot: await trustedRoot(await makeInstance()) };
  const first = await repository(plain);
  const anchor = first.get("1.root.json")!;
  let number = 0;
  /** A new folder of configuration, and a repository that a function may change. */
  const fresh = async (
    options: Partial<RepositoryOptions> = {},
    change = (_files: Map<string, Uint8Array>) => {},
  ): Promise<TrustFolder> => {
    const at = `${base}/${number++}`;
    const files = new Map([...first, ...await repository({ ...plain, ...options })]);
    change(files);
    await writeRepository(`${at}/repository`, files);
    return newPrivateFolder({ path: at }, anchor, `${at}/repository`);
  };
  const refused = (folder: TrustFolder, why: RegExp) =>
    assert.rejects(updateTrust(module, folder, signal), (error) => {
      assert.ok(error instanceof TrustError);
      assert.match(error.message, why);
      return true;
    });
  await t.step("is fetched, saved, and found again", async () => {
    const folder = await fresh();
    assert.match(
      (await savedTrust(module, folder, signal)).problem ?? "",
      /no trust root has been fetched/,
    );
    const state = await updateTrust(module, folder, signal);
    assert.equal(atob(state.trustedRoot!), plain.trustedRoot);
    assert.deepEqual(
      state.roles.map(({ name, version }) => [name, version]),
      [["root", 1], ["timestamp", 1], ["snapshot", 1], ["targets", 1]],
    );
    const config = { path: folder.path.replace(/\/policy\/.*$/, "") };
    const again = await trustFolder(config);
    assert.equal(again.repository, folder.repository);
    // The repository may be gone now.
    await Deno.remove(folder.repository, { recursive: true });
    assert.equal((await savedTrust(module, again, signal)).trustedRoot, state.trustedRoot);
    assert.equal(await validTrust(module, again, signal), state.trustedRoot);
    await removePrivateFolder(config);
    assert.equal((await trustFolder(config)).anchor, undefined);
  });
  await t.step("follows a rotation of keys", async () => {
    const next = await repositoryKeys();
    const folder = await fresh({ keys: next, oldKeys: keys.root, rootVersion: 2, version: 2 });
    const state = await updateTrust(module, folder, signal);
    assert.equal(state.roles[0]!.version, 2);
    assert.equal((await savedTrust(module, folder, signal)).trustedRoot, state.trustedRoot);
    // Without the old keys' signature it is no rotation.
    await refused(await fresh({ keys: next, rootVersion: 2, version: 2 }), /root\.json/);
  });
  await t.step("is refused where a file is forged", async () => {
    const forger = (await repositoryKeys()).root;
    for (const role of ["timestamp", "snapshot", "targets"] as const) {
      await refused(await fresh({ forgers: { [role]: forger } }), /not valid/);
    }
    const names = ["timestamp.json", "1.snapshot.json", "1.targets.json"];
    const target = [...first.keys()].find((name) => name.startsWith("targets/"))!;
    for (const name of [...names, target]) {
      await refused(await fresh({}, (files) => files.delete(name)), /has no/);
      await refused(
        await fresh({}, (files) => {
          const text = new TextDecoder().decode(files.get(name)!);
          files.set(name, new TextEncoder().encode(text.replace("e", "E")));
        }),
        /not valid/,
      );
      await refused(
        await fresh({}, (files) => files.set(name, new Uint8Array(6_000_000))),
        /not valid/,
      );
    }
  });
  await t.step("is refused where a file is too old", async () => {
    for (const role of ["root", "timestamp", "snapshot", "targets"] as const) {
      const options = role === "root"
        ? { rootVersion: 2, hours: { root: -1 } }
        : { hours: { [role]: -1 } };
      await refused(await fresh(options), /expired/);
    }
  });
  await t.step("never becomes an older one", async () => {
    const folder = await fresh({ version: 7 });
    await updateTrust(module, folder, signal);
    await writeRepository(folder.repository, await repository({ ...plain, version: 6 }));
    await refused(folder, /version/);
    assert.equal((await savedTrust(module, folder, signal)).roles[1]!.version, 7);
  });
  await t.step("is refused when it has expired, with the remedy", async () => {
    const folder = await fresh();
    await updateTrust(module, folder, signal);
    const old = await repository({ ...plain, hours: { timestamp: -1 } });
    await Deno.writeFile(`${folder.path}/timestamp.json`, old.get("timestamp.json")!);
    await Deno.remove(folder.repository, { recursive: true });
    await assert.rejects(validTrust(module, folder, signal), (error) => {
      assert.ok(error instanceof TrustError);
      assert.match(error.message, /timestamp\.json expired on \d{4}-/);
      assert.match(error.hint ?? "", /fairlead policy trust --refresh/);
      return true;
    });
  });
  await t.step("comes over HTTP", async () => {
    const folder = await fresh();
    let served = 0;
    await using server = webServer(async (request) => {
      served++;
      return await Deno.readFile(`${folder.repository}${new URL(request.url).pathname}`).then(
        (bytes) => new Response(bytes),
        () => new Response("no such file", { status: 404 }),
      );
    });
    const far = { ...folder, repository: server.url };
    const state = await updateTrust(module, far, signal);
    assert.equal(atob(state.trustedRoot!), plain.trustedRoot);
    const before = served;
    await validTrust(module, far, signal);
    assert.equal(served, before, "a fresh root is not fetched again");
    const stale = new Date(Date.now() - 25 * 3600_000);
    await Deno.utime(`${far.path}/timestamp.json`, stale, stale);
    await validTrust(module, far, signal);
    assert.ok(served > before, "a root of yesterday is");
  });
  await t.step("is reported where its server fails", async () => {
    const folder = await fresh();
    await using server = webServer(() => new Response("broken", { status: 500 }));
    await refused({ ...folder, repository: server.url }, /answered 500/);
    await refused({ ...folder, repository: "http://127.0.0.1:1" }, /can't be reached/);
  });
});
