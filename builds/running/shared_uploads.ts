/**
 * A folder that several builds on one node read is sent once. A separate session serves it, and
 * each build gets that session's id as `local-sessionid:MOUNT`.
 */
import type { Client } from "../../buildkit/client.ts";
import { newId } from "../../base/identity.ts";
import { health } from "../../buildkit/session/health.ts";
import { openSession } from "../../buildkit/session/session.ts";
import type { Job, JobContext } from "./job.ts";
import { guarded } from "../permissions/opened.ts";
import { folders } from "./services.ts";

/** A session that serves folders to several jobs of one node. */
interface Upload {
  readonly id: string;
  readonly index: number;
  readonly sharedKey: string;
  /** Folder by mount name. */
  readonly mounts: Map<string, string>;
  readonly users: Set<Job>;
}

/** Sessions for the folders that jobs share. */
export interface SharedUploads {
  /** Attributes for the frontend, besides the job's own. */
  attrsOf(job: Job): Record<string, string>;
  /** Runs a job. A session opens with its first user, and ends with its last. */
  during<T>(client: Client, job: Job, context: JobContext, run: () => Promise<T>): Promise<T>;
}

/** Finds the folders that jobs share. Two folders under one mount name get two sessions. */
export function sharedUploads(jobs: readonly Job[]): SharedUploads {
  const readers = new Map<string, { mount: string; folder: string; jobs: Job[] }>();
  for (const job of jobs) {
    for (const [mount, folder] of job.build.inputs.mounts) {
      const key = JSON.stringify([job.index, mount, folder]);
      const found = readers.get(key) ?? { mount, folder, jobs: [] };
      found.jobs.push(job);
      readers.set(key, found);
    }
  }
  const uploads: Upload[] = [];
  for (const { mount, folder, jobs } of readers.values()) {
    if (jobs.length < 2) continue;
    const { index, build } = jobs[0]!;
    let upload = uploads.find((other) => other.index === index && !other.mounts.has(mount));
    if (!upload) {
      const { sharedKey } = build.inputs;
      upload = { id: newId(), index, sharedKey, mounts: new Map(), users: new Set() };
      uploads.push(upload);
    }
    upload.mounts.set(mount, folder);
    for (const job of jobs) upload.users.add(job);
  }
  const uploadsOf = (job: Job) => uploads.filter(({ users }) => users.has(job));
  const open = new Map<Upload, { readonly close: () => Promise<void> }>();
  return {
    attrsOf(job) {
      const { mounts } = job.build.inputs;
      return Object.fromEntries(
        uploadsOf(job).flatMap((upload) =>
          [...upload.mounts]
            .filter(([mount, folder]) => mounts.get(mount) === folder)
            .map(([mount]) => [`local-sessionid:${mount}`, upload.id])
        ),
      );
    },
    async during(client, job, context, run) {
      for (const upload of uploadsOf(job)) {
        if (open.has(upload)) continue;
        const { id, sharedKey, mounts } = upload;
        const compress = context.compressUploads ?? true;
        const { opened, permitted } = job.build;
        const services = [health, ...guarded([folders(mounts, context)], opened, permitted)];
        open.set(upload, openSession(client.channel, { id, sharedKey, services, compress }));
      }
      try {
        return await run();
      } finally {
        for (const upload of uploadsOf(job)) {
          upload.users.delete(job);
          if (upload.users.size === 0) await open.get(upload)?.close();
        }
      }
    },
  };
}
