/**
 * Removes incomplete files when the program leaves at once, by `Deno.exit`: a second Ctrl-C doesn't
 * wait for the orderly end of a command.
 */
const steps = new Set<() => void>();

/**
 * Calls the step when the program leaves, unless the returned function was called before. The step
 * can't wait for anything.
 */
export function atExit(step: () => void): () => void {
  // A new function for each call keeps two calls apart that pass the same step.
  const own = () => step();
  // Node has no such event. There the library's caller decides how its program ends.
  if (steps.size === 0) globalThis.addEventListener?.("unload", runSteps);
  steps.add(own);
  return () => {
    steps.delete(own);
    if (steps.size === 0) globalThis.removeEventListener?.("unload", runSteps);
  };
}

function runSteps(): void {
  for (const step of steps) {
    try {
      step();
    } catch {
      // The other steps run all the same.
    }
  }
}
