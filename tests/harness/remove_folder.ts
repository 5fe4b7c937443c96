/**
 * Removes a folder in which an ending process may still write: a shell's history, a daemon's last
 * lock. Such a late write makes the removal fail with "Directory not empty".
 */
export async function removeFolder(path: string): Promise<void> {
  for (let patience = 100;; patience--) {
    try {
      return await Deno.remove(path, { recursive: true });
    } catch (error) {
      const full = error instanceof Error && error.message.startsWith("Directory not empty");
      if (!full || patience === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Removes a folder at the end of a scope: `await using _ = removedLater(folder);`. */
export function removedLater(path: string): AsyncDisposable {
  return { [Symbol.asyncDispose]: () => removeFolder(path) };
}
