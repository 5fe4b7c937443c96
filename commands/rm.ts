import { withTimeout } from "../base/async.ts";
import { calledAs } from "../cli/called_as.ts";
import { type Builder, chooseBuilder, namedBuilder, plainBuilder } from "../builders/builder.ts";
import { BuilderError } from "../builders/builder_error.ts";
import { drivers } from "../builders/drivers/all.ts";
import { isValidName } from "../builders/name.ts";
import { formatNodeGroup } from "../builders/store/node_group_json.ts";
import { askBuilders } from "../builders/status.ts";
import type { Store } from "../builders/store/store.ts";
import { transaction } from "../builders/store/transaction.ts";
import { defineCommand } from "../cli/command.ts";
import { confirm } from "../cli/confirm.ts";
import type { Deps } from "../cli/deps.ts";
import { statusTimeout } from "../cli/flags/common.ts";
import { hintOf, messageOf } from "../cli/report.ts";
import { askOptions } from "../cli/builders/status_report.ts";
import { UsageError } from "../base/usage_error.ts";
import { warn, warnBroken } from "../cli/warn.ts";
import { storeOf } from "../cli/builders/open_store.ts";

/** The flags that keep a part of a builder. */
interface Kept {
  readonly "keep-daemon": boolean;
  readonly "keep-state": boolean;
  /** Milliseconds for the removal of the daemons; 0: no limit. */
  readonly timeout: number;
}

const warning = "WARNING! This will remove all builders that are not in running state. " +
  "Are you sure you want to continue?";

export const command = defineCommand({
  args: { usage: "[OPTIONS] [NAME...]", min: 0, max: Infinity },
  flags: {
    "all-inactive": { kind: "bool", summary: "Remove all inactive builders" },
    force: { kind: "bool", short: "f", summary: "Do not prompt for confirmation" },
    "keep-daemon": { kind: "bool", summary: "Keep the BuildKit daemon running" },
    "keep-state": { kind: "bool", summary: "Keep BuildKit state" },
    ...statusTimeout,
  },
  async run({ deps, args, flags, global }) {
    const store = storeOf(deps);
    if (!flags["all-inactive"]) {
      const names = args.length > 0 ? args : [await currentName(deps, store, global.builder)];
      return await removeNamed(deps, store, names, flags);
    }
    if (args.length > 0) {
      throw new UsageError("cannot specify builder name when --all-inactive is set");
    }
    if (!flags.force && !await confirm(deps, warning)) return;
    const options = { ...askOptions(deps, global), timeout: flags.timeout, showStep: false };
    await removeInactive(deps, store, options, flags);
  },
});

async function currentName({ env }: Deps, store: Store, name: string): Promise<string> {
  return name || (await chooseBuilder(store, env, "")).name;
}

/** Removes each builder by itself; the failure of one doesn't stop the others. */
async function removeNamed(deps: Deps, store: Store, names: readonly string[], kept: Kept) {
  let failed = false;
  for (const name of names) {
    if (!await report(deps, name, () => removeOne(deps, store, name, kept))) failed = true;
  }
  if (failed) throw someFailed();
}

/** Reports the removal of a builder; false if it fails. */
async function report(deps: Deps, name: string, remove: () => Promise<void>): Promise<boolean> {
  try {
    await remove();
    deps.stderr.write(`${name} removed\n`);
    return true;
  } catch (error) {
    deps.signal.throwIfAborted();
    const hint = hintOf(error);
    deps.stderr.write(`failed to remove ${name}: ${messageOf(error)}\n`);
    if (hint !== undefined) deps.stderr.write(`  hint: ${calledAs(hint, deps.plugin)}\n`);
    return false;
  }
}

const someFailed = () => new BuilderError("failed to remove one or more builders");

async function removeOne(deps: Deps, store: Store, name: string, kept: Kept) {
  const builder = isBroken(store, name) ? undefined : namedBuilder(store, deps.env, name);
  if (builder?.origin === "docker context") {
    throw new BuilderError(
      `context builder cannot be removed, run \`docker context rm ${name}\` to remove this context`,
      { hint: "to remove another builder, name it: fairlead rm NAME; 'fairlead ls' lists them" },
    );
  }
  if (builder?.origin === "BUILDKIT_HOST") {
    throw new BuilderError(`${name} is the builder of BUILDKIT_HOST, which is not stored`, {
      hint: "unset BUILDKIT_HOST",
    });
  }
  const failure = builder && await removeDaemons(deps, builder, kept);
  await transaction(store.dir, deps.signal, (txn) => txn.remove(builder?.name ?? name));
  if (failure !== undefined) throw failure;
}

/** Removes the daemons that the driver made, even if one fails. Returns the first error. */
async function removeDaemons(
  deps: Deps,
  builder: Builder,
  kept: Kept,
): Promise<Error | undefined> {
  if (builder.driver === "remote" || kept["keep-daemon"]) return undefined;
  const driver = drivers.find(({ name }) => name === builder.driver);
  const maker = await driver?.maker?.();
  if (maker === undefined) {
    warn(
      deps,
      `${builder.name} was removed here, but the daemons that the driver ${builder.driver} started for it ` +
        "still run: fairlead doesn't support that driver",
    );
    return undefined;
  }
  const signal = withTimeout(deps.signal, kept.timeout);
  const context = { env: deps.env, signal, log: () => {}, step: () => {} };
  const ended = await Promise.allSettled(builder.nodes.map(async (node) => {
    try {
      await maker.stop(node, context);
      const remark = await maker.remove(node, { keepState: kept["keep-state"] }, context);
      if (remark) deps.stderr.write(`${remark}\n`);
    } catch (cause) {
      deps.signal.throwIfAborted();
      const message = `failed to remove node ${node.name}: ${messageOf(cause)}`;
      throw new BuilderError(message, { hint: hintOf(cause), cause });
    }
  }));
  deps.signal.throwIfAborted();
  return ended.find((each) => each.status === "rejected")?.reason as Error | undefined;
}

/** A broken file may still be removed by its name. */
function isBroken(store: Store, name: string): boolean {
  if (!isValidName(name)) return false;
  try {
    store.find(name);
    return false;
  } catch {
    return true;
  }
}

/**
 * Asks all daemons, then removes the builders that haven't changed meanwhile. The lock is held for
 * a change of the store only: an engine may take long to remove a container.
 */
async function removeInactive(
  deps: Deps,
  store: Store,
  options: Parameters<typeof askBuilders>[1],
  kept: Kept,
) {
  const { groups, broken } = store.list();
  warnBroken(deps, broken);
  const isOurs = ({ driver }: { driver: string }) =>
    driver === "remote" || drivers.some(({ name, maker }) => name === driver && maker);
  for (const group of groups.filter((group) => !isOurs(group))) {
    deps.stderr.write(
      `${group.name} kept: only buildx can remove what the driver ${group.driver} has started\n`,
    );
  }
  const builders = groups.filter((group) => isOurs(group) && !group.dynamic)
    .map(plainBuilder);
  const statuses = await askBuilders(builders, options);
  const inactive = statuses.filter(({ nodes }) => nodes.every((node) => node.status !== "running"));
  if (inactive.length === 0) return;
  const removed = await Promise.all(inactive.map(async ({ builder }) => {
    const { name } = builder;
    if (hasChanged(store, builder)) return true;
    const failure = await removeDaemons(deps, builder, kept);
    const isGone = await transaction(store.dir, deps.signal, (txn) => {
      if (hasChanged(txn, builder)) return false;
      txn.remove(name);
      return true;
    });
    if (!isGone && failure === undefined) return true;
    return await report(deps, name, () => failure ? Promise.reject(failure) : Promise.resolve());
  }));
  if (removed.includes(false)) throw someFailed();
}

/** Whether a stored builder is no longer the one that was read before. */
function hasChanged(store: Store, before: Builder): boolean {
  const now = isBroken(store, before.name) ? undefined : store.find(before.name);
  return now === undefined || formatNodeGroup(now) !== formatNodeGroup(before);
}
