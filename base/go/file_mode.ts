/**
 * Go's os.FileMode as Go prints it, `drwxr-xr-x`: a letter for each high bit, then the permissions.
 */
const LETTERS = "dalTLDpSugct?";

/** @param mode Go's bits, of which the folder's is the highest; not those of the system */
export function fileModeText(mode: number): string {
  let text = "";
  for (let i = 0; i < LETTERS.length; i++) {
    if ((mode >>> (31 - i)) & 1) text += LETTERS[i];
  }
  if (text === "") text = "-";
  for (let i = 0; i < 9; i++) text += (mode >>> (8 - i)) & 1 ? "rwxrwxrwx"[i] : "-";
  return text;
}

/** The kinds of files, as bits of a mode. */
const fileKinds = { folder: 0x80000000, link: 0x08000000, any: 0x8f280000 } as const;

/** Whether a mode is that of a folder. */
export const isFolder = (mode: number): boolean => (mode & fileKinds.folder) !== 0;
/** Whether a mode is that of a symbolic link. */
export const isLink = (mode: number): boolean => (mode & fileKinds.link) !== 0;
/** Whether a mode is that of a regular file. */
export const isRegular = (mode: number): boolean => (mode & fileKinds.any) === 0;
