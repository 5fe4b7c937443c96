import { osReason } from "../../base/os_reason.ts";
import { UsageError } from "../../base/usage_error.ts";
import type { SetFile } from "./make_set.ts";
import { maybe } from "../../base/maybe.ts";

/**
 * Writes all files of a set, or none. Throws `UsageError` if a file already exists, unless `force`
 * is set.
 *
 * @param dir absolute; created if it doesn't exist
 */
export function writeSet(dir: string, files: readonly SetFile[], { force }: { force: boolean }) {
  const taken = files.map(({ path }) => `${dir}/${path}`)
    // A link to a missing file counts, too.
    .filter((path) => maybe(() => Deno.lstatSync(path)) !== undefined);
  if (taken.length > 0 && !force) {
    throw new UsageError(
      `${taken[0]} already exists${taken.length > 1 ? `, and ${taken.length - 1} more` : ""}`,
      "name another folder, or add --force to replace the set: everyone who has the old set then needs the new one",
    );
  }
  const written: { temporary: string; path: string }[] = [];
  try {
    for (const { path, text, secret } of files) {
      const folder = `${dir}/${path.replace(/\/[^/]*$/, "")}`;
      Deno.mkdirSync(folder, { recursive: true, mode: folder.endsWith("/ca") ? 0o700 : 0o755 });
      const temporary = `${folder}/.new-${crypto.randomUUID()}`;
      written.push({ temporary, path: `${dir}/${path}` });
      // The file has its mode before any byte is written.
      Deno.writeTextFileSync(temporary, text, { createNew: true, mode: secret ? 0o600 : 0o644 });
    }
    for (const { temporary, path } of written) Deno.renameSync(temporary, path);
  } catch (error) {
    // A file may have been renamed, or never created.
    for (const { temporary } of written) maybe(() => Deno.removeSync(temporary));
    throw new Error(`cannot write the certificates to ${dir}: ${osReason(error)}`, {
      cause: error,
    });
  }
}
