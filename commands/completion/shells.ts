/** The shells that have a script; loaded when one is asked for. */
export const shells: Readonly<Record<string, () => Promise<{ readonly script: string }>>> = {
  bash: () => import("./bash.ts"),
  fish: () => import("./fish.ts"),
  zsh: () => import("./zsh.ts"),
};
