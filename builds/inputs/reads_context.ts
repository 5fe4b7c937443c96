/** A look at a Dockerfile without the frontend, which alone reads it in full. */

interface Stage {
  readonly name: string;
  /** Names of other stages, images or contexts. */
  readonly from: Set<string>;
  readsContext: boolean;
}

/**
 * Whether a build surely reads the main context: a stage that the target needs copies from it, or
 * mounts it. False where that isn't sure.
 * @param target the name or the number of the stage that is built; empty for the last one
 */
export function readsContext(text: string, target: string): boolean {
  const stages: Stage[] = [];
  for (const line of instructions(text)) {
    const from = /^FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?/i.exec(line);
    if (from) {
      const [, base = "", name = `${stages.length}`] = from;
      stages.push({ name: name.toLowerCase(), from: new Set([base]), readsContext: false });
    }
    const stage = stages.at(-1);
    if (stage) addSources(line, stage);
  }
  const found = (name: string) => {
    const wanted = name.toLowerCase();
    return stages.findLast((stage, at) => stage.name === wanted || `${at}` === wanted);
  };
  const last = target === "" ? stages.at(-1) : found(target);
  const needed = new Set(last ? [last] : []);
  for (const { from } of needed) {
    for (const name of from) {
      const stage = found(name);
      if (stage) needed.add(stage);
    }
  }
  return [...needed].some((stage) => stage.readsContext);
}

function addSources(line: string, stage: Stage): void {
  const add = (from: string | undefined) => {
    if (from === undefined) stage.readsContext = true;
    else stage.from.add(from);
  };
  const [, word = "", flags = "", rest = ""] = /^(\w+)((?:\s+--\S+)*)\s+(.*)/.exec(line) ?? [];
  switch (word.toUpperCase()) {
    case "COPY":
    case "ADD": {
      const from = /\s--from=(\S+)/i.exec(flags)?.[1];
      const isElsewhere = /:\/\/|^git@|<</.test(rest);
      if (from !== undefined || !isElsewhere) add(from);
      break;
    }
    case "RUN":
      for (const [, fields = ""] of flags.matchAll(/\s--mount=(\S+)/g)) {
        const isBind = /(?:^|,)type=bind(?:,|$)/.test(fields) || !/(?:^|,)type=/.test(fields);
        if (isBind) add(/(?:^|,)from=([^,]+)/.exec(fields)?.[1]);
      }
  }
}

/** The instructions as one line each; without comments and the bodies of here-documents. */
function* instructions(text: string): Generator<string> {
  const continued = /^#\s*escape\s*=\s*`/im.test(text) ? /`\s*$/ : /\\\s*$/;
  let line = "";
  let ends: string[] = [];
  for (const raw of text.split("\n")) {
    if (ends.length > 0) {
      if (raw.trim() === ends[0]) ends.shift();
      continue;
    }
    if (/^\s*(?:#|$)/.test(raw)) continue;
    line += raw.replace(continued, " ").trimStart();
    if (continued.test(raw)) continue;
    if (/^(?:RUN|COPY|ADD)\b/i.test(line)) {
      ends = [...line.matchAll(/<<-?\s*["']?(\w+)["']?/g)].map(([, end]) => end!);
    }
    yield line.trim();
    line = "";
  }
  if (line !== "") yield line.trim();
}
