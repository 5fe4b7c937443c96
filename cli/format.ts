import { alignColumns } from "../base/go/tabwriter.ts";
import type { TemplateFunction } from "../base/go/template/functions.ts";
import { compileTemplate } from "../base/go/template/template.ts";
import { TemplateError } from "../base/go/template/template_error.ts";

/** How rows are printed, read from `--format`. */
export interface Format {
  /** `table` and `table TEMPLATE`: headers, and columns. */
  readonly isTable: boolean;
  /** `json`: one object a line. */
  readonly isJson: boolean;
  /** Renders rows, each a value of the template. Throws `TemplateError`. */
  render(rows: Iterable<unknown>): string;
}

/**
 * Reads a `--format`: `table`, `json`, `table TEMPLATE` or `TEMPLATE`. The two characters `\t` mean
 * a tab, and `\n` a newline. Throws `TemplateError`.
 *
 * @param tableTemplate the template of a bare `table`
 * @param headers the header of each column, by field
 */
export function parseFormat(
  text: string,
  tableTemplate: string,
  headers: Readonly<Record<string, string>>,
): Format {
  const isTable = text.startsWith("table");
  const isJson = text === "json";
  const template = isJson ? "{{json .}}" : text === "table" ? tableTemplate : text;
  const source = (isTable ? template.replace(/^table/, "") : template)
    .replace(/^ +| +$/g, "").replaceAll("\\t", "\t").replaceAll("\\n", "\n");
  const row = compileTemplate(source);
  const header = compileTemplate(source, headerFunctions);
  return {
    isTable,
    isJson,
    render(rows) {
      const lines = [...rows].map((value) => row(value) + "\n").join("");
      if (!isTable) return lines;
      const top = headerLine(() => header(new Map(Object.entries(headers))));
      return alignColumns(`${top}\n${lines}`, { padding: 3, minimum: 10 });
    },
  };
}

/** As in docker, there are no headers for a template that does more with a field than print it. */
function headerLine(render: () => string): string {
  try {
    return render();
  } catch (error) {
    if (error instanceof TemplateError) return "";
    throw error;
  }
}

/** Functions that leave headers as they are, so that `{{upper .Name}}` has the header `NAME`. */
const headerFunctions: Record<string, TemplateFunction> = Object.fromEntries(
  ["json", "split", "join", "title", "lower", "upper", "truncate"]
    .map((name) => [name, (value: unknown) => value]),
);
