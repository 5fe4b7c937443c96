/** The value of an environment variable, undefined where it isn't set. */
export type Env = (name: string) => string | undefined;
