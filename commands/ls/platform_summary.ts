import { parsePlatform } from "../../builders/platforms.ts";
import { maybe } from "../../base/maybe.ts";

const major = [
  "linux/amd64",
  "linux/arm64",
  "linux/arm",
  "linux/ppc64le",
  "linux/s390x",
  "linux/riscv64",
  "linux/mips64",
];

/**
 * Platforms on one line of a table, as buildx shortens them: at most four, grouped by architecture,
 * well-known ones first: `linux/amd64 (+4), linux/arm64*, linux/386, (2 more)`.
 *
 * @param platforms texts; those that the user fixed end in a star
 */
export function summarizePlatforms(platforms: readonly string[]): string {
  const most = 4;
  const groups = new Map<string, string[]>();
  const add = (wanted: (group: string) => boolean) => {
    for (const platform of platforms) {
      const group = groupOf(platform);
      if (group === undefined || !wanted(group)) continue;
      groups.set(group, [...groups.get(group) ?? [], platform]);
    }
  };
  for (const group of major) if (groups.size < most) add((other) => other === group);
  const known = new Set(groups.keys());
  if (groups.size < most) add((group) => !known.has(group));

  const shown: string[] = [];
  let count = 0;
  const show = (group: string) => {
    const members = groups.get(group)!;
    const star = members.some((member) => member.endsWith("*")) ? "*" : "";
    shown.push(members.length === 1 ? members[0]! : `${group}${star} (+${members.length})`);
    count += members.length;
  };
  major.filter((group) => groups.has(group)).forEach(show);
  for (const group of [...groups.keys()].sort()) {
    if (shown.length < most && !major.includes(group)) show(group);
  }
  if (count < platforms.length) shown.push(`(${platforms.length - count} more)`);
  return shown.join(", ");
}

function groupOf(platform: string): string | undefined {
  const parsed = maybe(() => parsePlatform(platform.replace(/\*$/, "")));
  return parsed && `${parsed.os}/${parsed.architecture}`;
}
