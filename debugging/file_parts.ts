import { isFolder, isRegular } from "../base/go/file_mode.ts";
import { UsageError } from "../base/usage_error.ts";
import type { Files } from "../buildkit/files.ts";

/** The longest part of a file that is fetched at once, in bytes. */
const PART = 4 << 20;

/**
 * Fetches a file part by part. Throws `UsageError` for anything else than a regular file.
 * @param whole in one part, because the daemon knows no parts for containers
 */
export async function eachPart(
  files: Files,
  path: string,
  whole: boolean,
  take: (bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  const { mode, size } = await files.stat(path);
  if (isFolder(mode)) {
    throw new UsageError(`${path} is a folder`, "--files lists a folder, and --copy copies it");
  }
  if (!isRegular(mode)) throw new UsageError(`${path} is not a regular file`);
  if (whole) return await take(await files.readFile(path));
  for (let offset = 0; offset < Number(size);) {
    const part = await files.readFile(path, { offset, length: PART });
    if (part.length === 0) break;
    await take(part);
    offset += part.length;
  }
}
