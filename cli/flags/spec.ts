/**
 * Flags as data: parsing, help and shell completion all derive from these.
 *
 * A command's flags are a record from the long name to its spec; the parsed result has the same
 * keys, each with the type of its kind.
 */
export type FlagSpecs = Readonly<Record<string, FlagSpec>>;

/** The type of a flag's value by its kind, and how a repeated flag adds up. */
export interface FlagTypes {
  /** The flag takes a value only after `=`, in Go's spellings. */
  bool: boolean;
  string: string;
  int: number;
  /** In milliseconds; typed as `20s`, `1h30m`. */
  duration: number;
  /** In bytes; typed as `64m`, `1gb`. */
  bytes: number;
  /** The flag repeats, and commas don't split its values. */
  array: string[];
  /** The flag repeats, and each value is a line of CSV. */
  slice: string[];
}

export type FlagKind = keyof FlagTypes;

export interface FlagSpec<Kind extends FlagKind = FlagKind> {
  readonly kind: Kind;
  /** One letter. */
  readonly short?: string;
  /** One line for the help. */
  readonly summary: string;
  /** The default as it would be typed; absent, the kind's zero. */
  readonly default?: string;
  /** A variable that holds the default when it is set and not empty. */
  readonly env?: string;
  /** The flag works, but the help doesn't list it. */
  readonly hidden?: boolean;
  /** The heading above the flag in the help of a command with many flags. */
  readonly group?: string;
  /** The name of the value in the help, instead of the kind's own. */
  readonly valueName?: string;
  /** The value of the bare flag (`--flag`). Another value must then follow `=`. */
  readonly bare?: string;
  /** The long name of the flag for which this one is another spelling. */
  readonly sets?: string;
}

/** The parsed values of a record of flags. */
export type FlagValues<Specs extends FlagSpecs> = {
  -readonly [Name in keyof Specs]: FlagTypes[Specs[Name]["kind"]];
};

/** Flags that every command takes, before its name or after it. */
export const globalFlags = {
  builder: {
    kind: "string",
    env: "BUILDX_BUILDER",
    summary: "Override the configured builder instance",
  },
  "connect-timeout": {
    kind: "duration",
    default: "20s",
    env: "FAIRLEAD_CONNECT_TIMEOUT",
    summary: "How long a connection to a builder may take (0: no limit)",
  },
  debug: { kind: "bool", short: "D", summary: "Enable debug logging" },
  "transport-plugin": {
    kind: "array",
    valueName: "SCHEME=PATH",
    summary: "Reach endpoints of a scheme through the transport plugin at a path",
    // buildx lacks this flag; the help of 'transports' describes it.
    hidden: true,
  },
} as const satisfies FlagSpecs;

export type GlobalValues = FlagValues<typeof globalFlags>;

/** The flag that every command has; the help names the command in its summary. */
export const helpFlag = {
  help: { kind: "bool", short: "h", summary: "Print usage" },
} as const satisfies FlagSpecs;
