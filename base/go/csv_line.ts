/** Fields as one line of CSV, quoted where Go's encoding/csv quotes. */
export function csvLine(fields: readonly string[]): string {
  return fields.map((field) => needsQuotes(field) ? `"${field.replaceAll('"', '""')}"` : field)
    .join(",");
}

function needsQuotes(field: string): boolean {
  return field === "\\." || /[",\r\n]/.test(field) || /^\s/u.test(field);
}
