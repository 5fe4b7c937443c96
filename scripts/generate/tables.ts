/** Makes the tables of `proto/message.ts` from what buf compiles: a file descriptor set as JSON. */

/** As `google/protobuf/descriptor.proto` has it, in JSON. */
export interface FileDescriptor {
  /** `google/protobuf/any.proto`. */
  readonly name: string;
  readonly package?: string;
  readonly messageType?: readonly MessageDescriptor[];
  readonly enumType?: readonly { readonly name: string }[];
}

interface MessageDescriptor {
  readonly name: string;
  readonly field?: readonly FieldDescriptor[];
  readonly nestedType?: readonly MessageDescriptor[];
  readonly oneofDecl?: readonly { readonly name: string }[];
  readonly options?: { readonly mapEntry?: boolean };
}

interface FieldDescriptor {
  readonly name: string;
  readonly number: number;
  readonly label: string;
  readonly type: string;
  readonly typeName?: string;
  readonly oneofIndex?: number;
  readonly proto3Optional?: boolean;
}

/** A message: the name of its type in TypeScript, and the file that it stands in. */
interface Place {
  readonly name: string;
  readonly file: string;
  readonly descriptor: MessageDescriptor;
}

/** The names of a file's messages, and its codecs as text, imports included. */
export interface Tables {
  readonly names: readonly string[];
  readonly text: string;
}

/** The tables of each file, by its name without `.proto`. */
export function tablesOf(files: readonly FileDescriptor[]): Map<string, Tables> {
  const places = new Map<string, Place>();
  const add = (file: string, scope: string, prefix: string, list: readonly MessageDescriptor[]) => {
    for (const descriptor of list) {
      const name = prefix + descriptor.name;
      const full = `${scope}.${descriptor.name}`;
      places.set(full, { name, file, descriptor });
      add(file, full, `${name}_`, descriptor.nestedType ?? []);
    }
  };
  for (const file of files) {
    const scope = file.package ? `.${file.package}` : "";
    add(file.name.replace(/\.proto$/, ""), scope, "", file.messageType ?? []);
  }
  return new Map(files.map((file) => {
    const name = file.name.replace(/\.proto$/, "");
    return [name, fileTables(name, places)];
  }));
}

function fileTables(file: string, places: ReadonlyMap<string, Place>): Tables {
  const up = "../".repeat(file.split("/").length);
  const own = [...places.values()].filter((place) =>
    place.file === file && !place.descriptor.options?.mapEntry
  );
  const foreign = new Map<string, Set<string>>();
  const typeOf = (field: FieldDescriptor): string => {
    if (field.type === "TYPE_ENUM") return '"int32"';
    if (field.type !== "TYPE_MESSAGE") return JSON.stringify(field.type.slice(5).toLowerCase());
    const place = places.get(field.typeName!)!;
    if (place.file !== file) {
      foreign.set(place.file, (foreign.get(place.file) ?? new Set()).add(place.name));
    }
    return place.name;
  };
  const fieldOf = (field: FieldDescriptor): string => {
    const entry = field.typeName && places.get(field.typeName)?.descriptor;
    if (entry && entry.options?.mapEntry) {
      const [key, value] = entry.field!;
      return `[${field.number}, ${typeOf(value!)}, "map", ${typeOf(key!)}]`;
    }
    const form = field.label === "LABEL_REPEATED"
      ? ', "list"'
      : field.proto3Optional
      ? ', "optional"'
      : "";
    return `[${field.number}, ${typeOf(field)}${form}]`;
  };
  const codecs = own.map(({ name, descriptor }) => {
    const lines = propertiesOf(descriptor).map(([property, fields]) =>
      Array.isArray(fields)
        ? `  ${property}: {\n${
          fields.map((field) => `    ${propertyName(field.name)}: ${fieldOf(field)},\n`).join("")
        }  },\n`
        : `  ${property}: ${fieldOf(fields)},\n`
    );
    const table = lines.length === 0 ? "{}" : `{\n${lines.join("")}}`;
    return `export const ${name}: Codec<types.${name}> = message<types.${name}>(() => (${table}));\n`;
  });
  const imports = [...foreign].sort().map(([from, names]) =>
    `import { ${[...names].sort().join(", ")} } from "${up.slice(3) || "./"}${from}.ts";\n`
  );
  const head = own.length === 0 ? "" : `import { type Codec, message } from "${up}message.ts";\n`;
  return {
    names: own.map(({ name }) => name),
    text: head + imports.join("") + "\n" + codecs.join("\n"),
  };
}

/** The properties of a message in the order of their numbers: a field each, or those of a choice. */
function propertiesOf(
  { field = [], oneofDecl = [] }: MessageDescriptor,
): [string, FieldDescriptor | FieldDescriptor[]][] {
  const properties = new Map<string, FieldDescriptor | FieldDescriptor[]>();
  for (const one of field.toSorted((a, b) => a.number - b.number)) {
    if (one.oneofIndex === undefined || one.proto3Optional) {
      properties.set(propertyName(one.name), one);
      continue;
    }
    const choice = propertyName(oneofDecl[one.oneofIndex]!.name);
    const others = properties.get(choice) as FieldDescriptor[] | undefined;
    properties.set(choice, [...others ?? [], one]);
  }
  return [...properties];
}

/** As ts-proto has it in the types: `snake_case` in camel case, all else as it is. */
function propertyName(name: string): string {
  return name.replace(/_+(.)/g, (_, letter: string) => letter.toUpperCase());
}
