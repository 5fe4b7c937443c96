import { isOn } from "../../base/env_bool.ts";
import { dockerConfigDir } from "../../builders/store/config_dir.ts";
import type { Sys } from "../../buildkit/fsync/os/sys.ts";
import { openSys } from "../../buildkit/fsync/os/open_sys.ts";
import { type LookAhead, lookAhead } from "../../buildkit/fsync/look_ahead.ts";
import type { Client } from "../../buildkit/client.ts";
import type { Service } from "../../buildkit/grpc/call.ts";
import { auth } from "../../buildkit/session/auth.ts";
import { fileSync } from "../../buildkit/session/filesync.ts";
import { health } from "../../buildkit/session/health.ts";
import { secrets } from "../../buildkit/session/secrets.ts";
import { ssh } from "../../buildkit/session/ssh.ts";
import type { TokenAuthority } from "../../buildkit/session/logins/token_authority.ts";
import type { Env } from "../../transports/transport.ts";
import type { Deps } from "../../cli/deps.ts";
import { logins } from "../../cli/builders/logins.ts";
import { limitLogins, type LoginRule } from "./registry_logins.ts";
import type { LocalVertexes } from "../../progress/local.ts";
import type { Progress } from "../../progress/progress.ts";
import type { JobContext } from "./job.ts";
import { comesHere } from "../outputs/output_kinds.ts";
import { guarded } from "../permissions/opened.ts";
import type { PreparedBuild } from "../prepare.ts";

/** Parts that all builds of a run share. */
export interface Shared extends Disposable {
  /** Logins. A registry is asked for a token once, and not by each target. */
  readonly auth: Service;
  /**
   * System calls for a transfer of a folder. They are opened at the first one, which takes 2 ms.
   */
  sys(folder?: string): Sys;
  /** Looks at a folder before the daemon asks for it; `excludes` will probably be left out. */
  lookAhead(folder: string, excludes: readonly string[]): void;
  /** Steps of the progress that belong to no target. */
  readonly local: LocalVertexes;
}

/** Opens them. Nothing is read or asked yet. */
export function openShared(
  { deps, progress, registryLogins = "all", sys: given }: {
    readonly deps: Deps;
    readonly progress: Progress;
    readonly registryLogins?: LoginRule;
    readonly sys?: Sys | undefined;
  },
  builds: readonly PreparedBuild[] = [],
): Shared {
  const held = new Set<string>();
  const heldBack = (host: string) => {
    if (!held.has(host)) {
      progress.note(
        `WARNING: the builder got no login for ${host}: --registry-logins excludes it`,
      );
    }
    held.add(host);
  };
  let opened: Sys | undefined;
  const open = () => given ?? (opened ??= openSys());
  let ahead: (LookAhead & { readonly folder: string }) | undefined;
  let authority: Promise<TokenAuthority> | undefined;
  return {
    auth: auth({
      credentials: limitLogins(
        logins(deps, (line) => progress.note(`WARNING: ${line}`)),
        registryLogins,
        builds,
        heldBack,
      ),
      note: (line) => progress.local.start(line).done(),
      // With the variable, the daemon fetches tokens by itself, and gets passwords for that.
      authority: !isOn("BUILDKIT_NO_CLIENT_TOKEN", deps.env)
        ? () => authority ??= ownAuthority(deps.env)
        : undefined,
    }),
    sys: (folder) => folder !== undefined && folder === ahead?.folder ? ahead.sys : open(),
    lookAhead(folder, excludes) {
      ahead ??= { folder, ...lookAhead(open(), folder, excludes) };
    },
    local: progress.local,
    [Symbol.dispose]() {
      ahead?.stop();
      opened?.[Symbol.dispose]();
    },
  };
}

/** Proves to a daemon that a token is this machine's. */
async function ownAuthority(env: Env): Promise<TokenAuthority> {
  const { tokenAuthority } = await import("../../buildkit/session/logins/token_authority.ts");
  const { tokenSeeds } = await import("../../buildkit/session/logins/token_seed.ts");
  return tokenAuthority(tokenSeeds(dockerConfigDir(env)));
}

/** Serves folders to the daemon. Files that vanish meanwhile get a warning. */
export function folders(
  mounts: ReadonlyMap<string, string>,
  { progress, shared }: Pick<JobContext, "progress" | "shared">,
): Service {
  return fileSync(mounts, (mount) => ({
    sys: shared.sys(mounts.get(mount)),
    onWarning: ({ path, reason }) => progress.note(`WARNING: ${mount}: ${path}: ${reason}`),
    onProgress: progress.upload(mount),
  }));
}

/** The services that the daemon may call during one build, and the work at its end. */
export interface BuildServices {
  readonly list: readonly Service[];
  /** After a good build: outputs take their final names. */
  commit(): Promise<void>;
  /** After a failed build: nothing of the outputs stays. */
  discard(): Promise<void>;
}

export async function buildServices(
  build: PreparedBuild,
  context: Pick<
    JobContext,
    "deps" | "progress" | "shared" | "idle" | "imageSizes" | "markNotRepeatable"
  >,
  client: Client,
): Promise<BuildServices> {
  const { shared } = context;
  const list: Service[] = [
    secrets(build.secrets),
    ssh(build.agents),
    folders(build.inputs.mounts, context),
    ...build.inputs.services,
  ];
  const stores = new Map([...build.inputs.stores, ...build.layouts.stores]);
  const imageStores = build.outputs.flatMap(({ store }) => store ?? []);
  if (stores.size > 0 || imageStores.length > 0) {
    const { content } = await import("../../buildkit/session/content.ts");
    // There is at most one output without a tar.
    const relays = new Map(imageStores.map((store) => ["export", store.relay]));
    list.push(content(stores, build.layouts.writable, relays));
  }
  const writesHere = build.outputs.some(comesHere);
  if (writesHere || build.layouts.writable.size > 0) context.deps.catchFileSizeLimit();
  const outputs = writesHere
    ? (await import("../outputs/outputs.ts")).openOutputs(build.outputs, context, client)
    : undefined;
  if (outputs) list.push(outputs.service);
  return {
    list: [health, shared.auth, ...guarded(list, build.opened, build.permitted)],
    async commit() {
      await outputs?.commit();
    },
    async discard() {
      await outputs?.discard();
      for (const store of imageStores) await store.discard();
    },
  };
}
