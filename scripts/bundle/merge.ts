/**
 * Puts bundled modules together into one file. Reads what the bundler writes: imports first, one
 * export list last, no import of the bundled files by any other form, no top-level await in them.
 * Each module becomes a function of its own, so that their names don't meet; what it exports is taken
 * when it has run, which is right for functions, classes and constants: all there are.
 */

/** A bundled module, taken apart. */
export interface Module {
  imports: { readonly from: string; readonly names: readonly (readonly [string, string])[] }[];
  body: string;
  /** Pairs of local and exported name. */
  exports: readonly (readonly [string, string])[];
}

/** By file name. */
export type Modules = Map<string, Module>;

const IMPORT = /^import(?:\{([^}]*)\}from)?"\.\/([^"]+)";/;
const EXPORT = /export\{([^}]*)\};?\s*$/;

/** Takes a module's text apart. */
export function parseModule(text: string): Module {
  const imports: Module["imports"] = [];
  let rest = text;
  for (let match = IMPORT.exec(rest); match; match = IMPORT.exec(rest)) {
    imports.push({ from: match[2]!, names: pairs(match[1] ?? "") });
    rest = rest.slice(match[0].length);
  }
  const last = EXPORT.exec(rest);
  return {
    imports,
    body: last ? rest.slice(0, last.index) : rest,
    exports: pairs(last?.[1] ?? ""),
  };
}

function pairs(list: string): [string, string][] {
  return list.split(",").filter((item) => item !== "").map((item) => {
    const [name, as = name] = item.split(" as ");
    return [name!.trim(), as!.trim()];
  });
}

/** The text of a module. */
export function printModule({ imports, body, exports }: Module): string {
  const lines = imports.map(({ from, names }) =>
    names.length > 0
      ? `import{${names.map(([name, as]) => `${name} as ${as}`).join()}}from"./${from}";`
      : `import"./${from}";`
  );
  const list = exports.map(([name, as]) => `${name} as ${as}`).join();
  return lines.join("") + body + (list ? `export{${list}};\n` : "");
}

/** The modules that some of `entries` import, themselves included, each after what it imports. */
export function closureOf(modules: Modules, entries: readonly string[]): string[] {
  const order: string[] = [];
  const seen = new Set<string>();
  const visit = (name: string) => {
    const module = modules.get(name);
    if (!module || seen.has(name)) return;
    seen.add(name);
    for (const { from } of module.imports) visit(from);
    order.push(name);
  };
  entries.forEach(visit);
  return order;
}

/** Where a merged module is to be found: the file, and the name of its exports as one object. */
export interface Place {
  readonly file: string;
  readonly name: string;
}

/**
 * Merges `parts` (in the order in which they run) into the file `target`, and turns what imported one
 * of them to it. The parts are gone then: who imports one by name at run time is to ask for its place.
 */
export function merge(
  modules: Modules,
  target: string,
  parts: readonly string[],
): Map<string, Place> {
  const places = new Map(parts.map((name, at) => [name, `$${target.slice(0, 2)}${at}`]));
  const outside: Module["imports"] = [];
  const bodies = parts.map((name) => {
    const { imports, body, exports } = modules.get(name)!;
    const taken = imports.map(({ from, names }) => {
      const place = places.get(from);
      if (place) return takeFrom(place, names);
      // What lies outside gets names of this file, since two parts may call it differently.
      const renamed = names.map(([as, local]) => [as, `${places.get(name)}$${local}`] as const);
      outside.push({ from, names: renamed });
      return renamed.map(([, long], at) => `const ${names[at]![1]}=${long};`).join("");
    });
    const list = exports.map(([local, as]) => `${as}:${local}`).join();
    return `const ${places.get(name)}=(()=>{${taken.join("")}${body};return{${list}}})();\n`;
  });
  for (const [name, module] of modules) {
    if (places.has(name)) continue;
    const taken: string[] = [];
    const needed = new Map<string, string>();
    module.imports = module.imports.filter(({ from, names }) => {
      const place = places.get(from);
      if (!place) return true;
      needed.set(place, place);
      taken.push(takeFrom(place, names));
      return false;
    });
    if (needed.size === 0) continue;
    module.imports.push({ from: target, names: [...needed] });
    module.body = taken.join("") + module.body;
  }
  for (const name of parts) modules.delete(name);
  modules.set(target, {
    imports: outside,
    body: bodies.join(""),
    exports: [...places.values()].map((place) => [place, place]),
  });
  return new Map([...places].map(([part, name]) => [part, { file: target, name }]));
}

function takeFrom(place: string, names: Module["imports"][number]["names"]): string {
  return names.length > 0
    ? `const{${names.map(([name, as]) => `${name}:${as}`).join()}}=${place};`
    : "";
}
