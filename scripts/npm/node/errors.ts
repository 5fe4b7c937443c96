/** Deno's errors, made of Node's. */

const names = {
  ENOENT: "NotFound",
  EACCES: "PermissionDenied",
  EPERM: "PermissionDenied",
  EEXIST: "AlreadyExists",
  ECONNREFUSED: "ConnectionRefused",
  ECONNRESET: "ConnectionReset",
  EPIPE: "BrokenPipe",
  EINTR: "Interrupted",
  ETIMEDOUT: "TimedOut",
  EAGAIN: "WouldBlock",
  ENOTDIR: "NotADirectory",
  EISDIR: "IsADirectory",
} as const;
const kinds = [...new Set(Object.values(names)), "NotCapable", "UnexpectedEof"] as const;
/** Deno's classes of errors. */
export const errors = Object.fromEntries(kinds.map((name) => [
  name,
  class extends Error {
    override readonly name = name;
    code?: string;
  },
])) as unknown as Record<
  (typeof kinds)[number],
  new (message: string) => Error & { code?: string }
>;

/** Converts Node's error to Deno's class of error. */
export function translated(error: unknown): unknown {
  const code = (error as { code?: string } | null)?.code;
  const name = names[code as keyof typeof names];
  if (name === undefined) return error;
  const made = new errors[name]((error as Error).message);
  made.code = code!;
  return made;
}

export function sync<A extends unknown[], T>(call: (...args: A) => T): (...args: A) => T {
  return (...args) => {
    try {
      return call(...args);
    } catch (error) {
      throw translated(error);
    }
  };
}

/** Makes a call return a promise, though it ends at once; errors are converted as in `sync`. */
export function later<A extends unknown[], T>(call: (...args: A) => T): (...args: A) => Promise<T> {
  // deno-lint-ignore require-await
  return async (...args) => sync(call)(...args);
}
