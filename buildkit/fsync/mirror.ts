/** Deletes entries that the listing lacks, for `mode=delete`: see `receiver.ts`. */
import type { Dest } from "./os/dest.ts";
import { splitPath } from "./paths.ts";

/** Follows a listing in its order, and removes the entries that the listing skips. */
interface Mirror {
  /** Called at each entry of the listing, before the entry is made. */
  pass(path: string): void;
  /** Called when the entry was a folder that already existed: its content is compared, too. */
  enter(path: string): void;
  /** The listing has ended. */
  end(): void;
}

/**
 * Starts at the root of `dest`. A folder is listed for removal when it is entered, so the list
 * holds no entry that we write later.
 */
export function makeMirror(dest: Dest): Mirror {
  const open = [{ folder: "", names: dest.names(""), next: 0 }];
  /** Removes the names of the innermost folder before `name`; without a name, all that are left. */
  function removeUntil(name: string | undefined): void {
    const { folder, names, next } = open.at(-1)!;
    let at = next;
    for (; at < names.length && (name === undefined || names[at]! < name); at++) {
      dest.remove(folder === "" ? names[at]! : `${folder}/${names[at]}`);
    }
    open.at(-1)!.next = names[at] === name ? at + 1 : at;
  }
  function leave(inside: (folder: string) => boolean): void {
    while (open.length > 1 && !inside(open.at(-1)!.folder)) {
      removeUntil(undefined);
      open.pop();
    }
  }
  return {
    pass(path) {
      const { folder, name } = splitPath(path);
      leave((innermost) => path.startsWith(`${innermost}/`));
      if (open.at(-1)!.folder === folder) removeUntil(name);
    },
    enter(path) {
      open.push({ folder: path, names: dest.names(path), next: 0 });
    },
    end() {
      leave(() => false);
      removeUntil(undefined);
    },
  };
}
