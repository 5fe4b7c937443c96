/** Asks the daemon about itself. */
import { formatPlatform } from "../../builders/platforms.ts";
import { formatBytes } from "../../base/units.ts";
import { platformOf } from "../../builders/status.ts";
import { diskUsage } from "../../buildkit/cache.ts";
import type { Client } from "../../buildkit/client.ts";
import { SilenceError } from "../../buildkit/silence.ts";
import { DialError } from "../../transports/errors.ts";
import { every } from "../../base/async.ts";
import { type Examination, type Finding, take } from "./finding.ts";

const ROUNDS = 7;

/** Checks HTTP/2, then the version, the workers, and the time of an answer. */
export async function* ask(client: Client, way: Examination): AsyncGenerator<Finding> {
  const options = {
    signal: way.deps.signal,
    ...way.timeout > 0 && { timeoutMs: way.timeout },
  };
  yield await take("HTTP/2", way, async () => {
    await firstBytes(client, way);
    return { text: "the daemon answers" };
  });
  yield await take("Info", way, async () => {
    const found = await client.info(options);
    if (found === undefined) {
      return { text: "BuildKit older than v0.11, which doesn't report its version" };
    }
    const { version, revision } = found;
    const text = `BuildKit ${version}${revision && `, revision ${revision}`}`;
    return { text, data: { version, revision } };
  });
  yield await take("workers", way, async () => {
    const workers = await client.listWorkers(options);
    if (workers.length === 0) throw new NoWorkersError();
    const list = workers.map(({ ID: id, Labels: labels, platforms }) => ({
      id,
      platforms: platforms.map((platform) => formatPlatform(platformOf(platform))),
      labels,
    }));
    const more = list.flatMap(({ id, labels, platforms }) => {
      const facts = ["executor", "snapshotter", "hostname"]
        .map((name) => labels[`org.mobyproject.buildkit.worker.${name}`]).filter(Boolean);
      return [`${id}${facts.length > 0 ? ` (${facts.join(", ")})` : ""}`, platforms.join(", ")];
    });
    const text = list.length === 1 ? "1 worker" : `${list.length} workers`;
    return { text, more, data: { workers: list } };
  });
  yield await take("cache", way, async () => {
    const [records, workers] = await Promise.all([
      diskUsage(client, [], options),
      client.listWorkers(options),
    ]);
    const total = records.reduce((sum, { Size }) => sum + Number(Size), 0);
    const free = records.reduce((sum, { Size, InUse }) => sum + (InUse ? 0 : Number(Size)), 0);
    const policies = workers.flatMap(({ GCPolicy }) => GCPolicy);
    const most = policies.map(({ maxUsedSpace }) => Number(maxUsedSpace)).filter(Boolean);
    const limit = most.length === 0
      ? ""
      : `; garbage collection keeps ${formatBytes(Math.max(...most))}`;
    return {
      text: `${formatBytes(total)} in ${records.length} records, ${
        formatBytes(free)
      } not in use${limit}`,
      ...policies.length === 0 && { more: ["garbage collection is off: see gc in buildkitd.toml"] },
      data: { bytes: total, reclaimable: free, records: records.length, policies: policies.length },
    };
  });
  yield await take("round trip", way, async () => {
    const times: number[] = [];
    for (let i = 0; i < ROUNDS; i++) {
      const began = performance.now();
      await client.info(options);
      times.push(performance.now() - began);
    }
    times.sort((a, b) => a - b);
    const [least, median, most] = [times[0]!, times[ROUNDS >> 1]!, times.at(-1)!];
    return {
      text: `the median of ${ROUNDS} answers, ${least.toFixed(1)} to ${most.toFixed(1)} ms`,
      ms: median,
    };
  });
}

class NoWorkersError extends Error {
  override readonly name = "NoWorkersError";
  readonly hint = "look at the daemon's log: it needs runc, or containerd, to have a worker";
  constructor() {
    super("the daemon has no worker, so it can't build");
  }
}

/** Resolves with the daemon's first bytes; rejects with a call's error if none come. */
async function firstBytes(
  client: Client,
  { deps: { signal }, timeout: limit }: Examination,
): Promise<void> {
  const { connection } = client.channel;
  const call = client.info({ signal });
  call.catch(() => {});
  const born = connection.lastReceived;
  const began = performance.now();
  const { promise: come, resolve } = Promise.withResolvers<void>();
  const stop = every(2, () => {
    if (connection.lastReceived !== born) resolve();
    else if (limit > 0 && performance.now() - began > limit) {
      connection.lost(new SilenceError(limit));
    }
  });
  try {
    await Promise.race([come, call]);
  } catch (error) {
    // An error that the daemon sent counts as an answer, too.
    if (error instanceof DialError) throw error;
  } finally {
    stop();
  }
}
