/** Commands of buildx that fairlead lacks, by their path, with the alternative. */
const missing: Readonly<Record<string, string>> = {
  bake: "build each target with 'fairlead build', or run bake with buildx on the same builder",
  f: "build each target with 'fairlead build', or run bake with buildx on the same builder",
  debug: "'fairlead build --progress plain' shows all that a step printed; to look around in a " +
    "failed build, build the stage before it with --target and -o",
};

/** The error for a command that only buildx has. */
export function notHere(path: string): { message: string; hint: string } | undefined {
  const hint = Object.hasOwn(missing, path) ? missing[path] : undefined;
  return hint === undefined ? undefined : { message: `${path} is not in fairlead yet`, hint };
}
