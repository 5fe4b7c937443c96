import { nearest } from "../base/nearest.ts";
import { BuilderError } from "./builder_error.ts";

/** A platform of the OCI image specification; empty fields are left out. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly osVersion?: string;
  readonly osFeatures?: readonly string[];
}

const knownSystems = new Set(
  ("aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris " +
    "windows zos").split(" "),
);

const knownArchitectures = new Set(
  ("386 amd64 amd64p32 arm armbe arm64 arm64be ppc64 ppc64le loong64 mips mipsle mips64 mips64le " +
    "mips64p32 mips64p32le ppc riscv riscv64 s390 s390x sparc sparc64 wasm").split(" "),
);

/** The warning for a platform that nobody knows, which may be a slip; undefined for none. */
export function suspectPlatform(text: string): string | undefined {
  const [os = "", architecture] = text.toLowerCase().split("/");
  if (architecture === undefined) return undefined;
  const isSystem = (name: string) => knownSystems.has(normalizeSystem(name));
  const known = normalizeArchitecture(architecture, "").architecture;
  if (isSystem(os.replace(/\(.*/, "")) && knownArchitectures.has(known)) return undefined;
  const near = isSystem(os) ? nearest(architecture, knownArchitectures) : undefined;
  const meant = knownArchitectures.has(os) ? `${architecture}/${os}` : near && `${os}/${near}`;
  return `the platform ${text} is not a known one${
    meant === undefined ? "" : `; did you mean ${meant}?`
  }`;
}

/** This machine's platform in Go's words. The variant of an ARM older than v7 isn't looked up. */
export function localPlatform(): Platform {
  const os = Deno.build.os;
  return { os, architecture: Deno.build.arch === "x86_64" ? "amd64" : "arm64" };
}

/**
 * Parses `--platform`: each text may hold several platforms between commas, and `local` is this
 * machine's. The result is normalised and keeps duplicates. Throws `BuilderError`.
 */
export function parsePlatforms(texts: readonly string[]): Platform[] {
  return texts.flatMap((text) => text.split(",")).map((text) =>
    normalizePlatform(text.toLowerCase() === "local" ? localPlatform() : parsePlatform(text))
  );
}

/**
 * Parses `os/arch`, `os/arch/variant`, or a single part, as containerd does. The os may have a
 * version and features: `windows(10.0.17763+win32k)`. Throws `BuilderError`.
 */
export function parsePlatform(text: string): Platform {
  const refuse = (message: string): never => {
    throw new BuilderError(`${message}: invalid argument`, {
      hint: "write a platform as OS/ARCH or OS/ARCH/VARIANT, like linux/arm64 or linux/arm/v7",
    });
  };
  const fail = (problem: string) => refuse(`${JSON.stringify(text)}: ${problem}`);
  const mismatch = (part: string, what: string, grammar: string) =>
    refuse(`${JSON.stringify(part)} is an invalid ${what} of "${text}": ${grammar}`);
  if (text.includes("*")) fail("wildcards not yet supported");
  const [first = "", ...rest] = text.split("/");
  const system = /^([\w-]+)(?:\(([\w.%-]*)((?:\+[\w.%-]+)*)\))?$/.exec(first) ??
    mismatch(first, "OS component", `OSAndVersion specifier component must match ${OS_GRAMMAR}`);
  const wrong = rest.slice(0, 3).find((part) => !/^[\w.-]+$/.test(part));
  if (wrong !== undefined) {
    mismatch(wrong, "component", `platform specifier component must match ${PART_GRAMMAR}`);
  }
  if (rest.length > 2) fail("cannot parse platform specifier");
  const os = normalizeSystem(system[1]!);
  const base = {
    os,
    ...system[2] && { osVersion: decodeURIComponent(system[2]) },
    ...system[3] && { osFeatures: system[3].slice(1).split("+").map(decodeURIComponent).sort() },
  };
  if (rest.length === 2) {
    const { architecture, variant } = normalizeArchitecture(rest[0]!, rest[1]!);
    return made(base, architecture, architecture === "arm64" && variant === "" ? "v8" : variant);
  }
  if (rest.length === 1) return twoParts(base, rest[0]!);
  if (knownSystems.has(os)) return made(base, localPlatform().architecture, "");
  const alone = twoParts({ os: localPlatform().os }, first);
  if (!knownArchitectures.has(alone.architecture)) fail("unknown operating system or architecture");
  return alone;
}

/** The grammars as containerd prints them. */
const OS_GRAMMAR =
  '"^([A-Za-z0-9_-]+)(?:\\\\(([A-Za-z0-9_.%-]*)((?:\\\\+[A-Za-z0-9_.%-]+)*)\\\\))?$"';
const PART_GRAMMAR = '"^[A-Za-z0-9_.-]+$"';

function twoParts(base: Omit<Platform, "architecture">, text: string): Platform {
  const { architecture, variant } = normalizeArchitecture(text, "");
  return made(base, architecture, architecture === "arm" && variant === "v7" ? "" : variant);
}

function made(base: Omit<Platform, "architecture">, architecture: string, variant: string) {
  return { ...base, architecture, ...variant && { variant } };
}

/**
 * Gives each platform one spelling: `aarch64` is `arm64`, `arm64/v8` is `arm64`, `arm` is `arm/v7`.
 */
export function normalizePlatform(platform: Platform): Platform {
  const { architecture, variant } = normalizeArchitecture(
    platform.architecture,
    platform.variant ?? "",
  );
  return {
    os: normalizeSystem(platform.os),
    architecture,
    ...variant && { variant },
    ...platform.osVersion && { osVersion: platform.osVersion },
    ...platform.osFeatures?.length && { osFeatures: [...new Set(platform.osFeatures)].sort() },
  };
}

function normalizeSystem(os: string): string {
  const lower = os.toLowerCase();
  return lower === "" ? localPlatform().os : lower === "macos" ? "darwin" : lower;
}

function normalizeArchitecture(architecture: string, variant: string) {
  architecture = architecture.toLowerCase();
  variant = variant.toLowerCase();
  switch (architecture) {
    case "i386":
      return { architecture: "386", variant: "" };
    case "x86_64":
    case "x86-64":
    case "amd64":
      return { architecture: "amd64", variant: variant === "v1" ? "" : variant };
    case "aarch64":
    case "arm64":
      if (["8", "v8", "v8.0"].includes(variant)) variant = "";
      if (["9", "9.0", "v9.0"].includes(variant)) variant = "v9";
      return { architecture: "arm64", variant };
    case "armhf":
      return { architecture: "arm", variant: "v7" };
    case "armel":
      return { architecture: "arm", variant: "v6" };
    case "arm":
      if (variant === "" || variant === "7") variant = "v7";
      if (["5", "6", "8"].includes(variant)) variant = `v${variant}`;
      return { architecture: "arm", variant };
  }
  return { architecture, variant };
}

/** Prints `linux/arm/v7`, the key by which platforms are compared. */
export function formatPlatform({ os, architecture, variant }: Platform): string {
  if (os === "") return "unknown";
  return [os, architecture, variant].filter((part) => part).join("/");
}

/**
 * Prints the whole platform as the daemon takes it: `windows(10.0.17763+win32k)/amd64`. Characters
 * outside the grammar are encoded as in a URL.
 */
export function formatWholePlatform(platform: Platform): string {
  const { os, osVersion = "", osFeatures = [] } = platform;
  const encoded = (text: string) =>
    encodeURIComponent(text).replace(
      /[!'()*~]/g,
      (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
    );
  const more = [osVersion, ...osFeatures].map(encoded).join("+");
  return formatPlatform(more === "" ? platform : { ...platform, os: `${os}(${more})` });
}

/** Normalises platforms and drops duplicates. */
export function distinctPlatforms(platforms: readonly Platform[]): Platform[] {
  const byKey = new Map<string, Platform>();
  for (const platform of platforms.map(normalizePlatform)) {
    const key = formatPlatform(platform);
    if (!byKey.has(key)) byKey.set(key, platform);
  }
  return [...byKey.values()];
}

/** Prints a node's platforms, the fixed ones first and marked with a star. */
export function formatInGroups(
  fixed: readonly Platform[],
  reported: readonly Platform[],
): string[] {
  const fixedKeys = new Set(distinctPlatforms(fixed).map(formatPlatform));
  const texts = distinctPlatforms([...fixed, ...reported]).map(formatPlatform);
  return texts.map((text) => fixedKeys.has(text) ? `${text}*` : text);
}
