/** Possible leftovers of a run: files, and descriptors of this process. */

/** Every entry below a folder, with its size for files, sorted; none when it isn't there. */
export function entriesOf(folder: string, prefix = ""): string[] {
  const found: string[] = [];
  let names: Deno.DirEntry[];
  try {
    names = [...Deno.readDirSync(folder)];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  for (const { name, isDirectory } of names) {
    const path = `${folder}/${name}`;
    if (isDirectory) found.push(`${prefix}${name}/`, ...entriesOf(path, `${prefix}${name}/`));
    else found.push(`${prefix}${name}`);
  }
  return found.sort();
}

/** True for the temporary names of incomplete outputs. */
export function isTemporary(path: string): boolean {
  return /(^|\/)\.tmp\.\d+$|\.tmp-[0-9a-f]{8}$/.test(path);
}

/**
 * Files and folders below a folder that this process has open, however they were opened. Sockets
 * aren't among them: Deno's sanitizer finds those.
 */
export function openBelow(folder: string): string[] {
  const found: string[] = [];
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
    try {
      const path = Deno.readLinkSync(`/proc/self/fd/${name}`);
      if (path === folder || path.startsWith(`${folder}/`)) found.push(path);
    } catch {
      // Closed in the meantime: test files run side by side in one process.
    }
  }
  return found;
}

/** Pids of the children of a process, and theirs. */
export function descendants(pid: number): number[] {
  const found: number[] = [];
  let text: string;
  try {
    text = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`);
  } catch {
    return [];
  }
  for (const child of text.split(" ").filter(Boolean).map(Number)) {
    found.push(child, ...descendants(child));
  }
  return found;
}
