/**
 * Links a position-independent program to a fixed address, where it needs no relocation.
 *
 * Deno has 158,853 words that hold its own addresses. The loader adds the address at which the
 * program happens to lie to each, at every start, and for that the kernel copies 700 pages: 2 of the
 * 14 ms that an empty program takes. Here it is done once. The price is that the program's own code
 * lies at the same address in every process (what it loads and allocates does not), as that of every
 * Go program does by default, buildx among them.
 *
 * ELF, 64 bits, little-endian, x86-64: https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html
 */

/** Where it goes: where the kernel puts such programs when addresses aren't random. */
const BASE = 0x5555_5000_0000;

const [ET_EXEC, ET_DYN, EM_X86_64] = [2, 3, 62];
const [PT_LOAD, PT_DYNAMIC, PT_GNU_STACK] = [1, 2, 0x6474e551];
const [R_RELATIVE, R_IRELATIVE] = [8, 37];
const SHT_DYNSYM = 11;
const STT_TLS = 6;
const DF_1_PIE = 0x0800_0000;

/** Entries of the dynamic section. */
const DT = {
  NULL: 0,
  PLTRELSZ: 2,
  SYMTAB: 6,
  RELA: 7,
  RELASZ: 8,
  JMPREL: 23,
  FLAGS_1: 0x6fff_fffb,
  RELACOUNT: 0x6fff_fff9,
} as const;

/** Those that hold an address: of tables, and of functions to call at the start and the end. */
const ADDRESSES = new Set([
  ...[3, 4, 5, 6, 7, 12, 13, 23, 25, 26, 32],
  ...[0x6fff_fef5, 0x6fff_fff0, 0x6fff_fffc, 0x6fff_fffe],
]);

/** A part of the file that is loaded, or means something to the loader. */
interface Segment {
  readonly at: number;
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

/**
 * The program at its fixed address. Throws an Error for a file of another kind; it is not changed.
 */
export function prelink(program: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(program);
  const view = new DataView(bytes.buffer);
  const word = (at: number) => Number(view.getBigUint64(at, true));
  const setWord = (at: number, value: number) => view.setBigUint64(at, BigInt(value), true);
  const shift = (at: number) => setWord(at, word(at) + BASE);
  const half = (at: number) => view.getUint16(at, true);

  const magic = view.getUint32(0, false) === 0x7f45_4c46 && half(4) === 0x0102;
  if (!magic || half(16) !== ET_DYN || half(18) !== EM_X86_64) {
    throw new Error("it is no position-independent program for x86-64");
  }
  const segments = Array.from({ length: half(56) }, (_, i): Segment => {
    const at = word(32) + i * half(54);
    const [offset, address, size] = [word(at + 8), word(at + 16), word(at + 32)];
    return { at, type: view.getUint32(at, true), offset, address, size };
  });
  /** Where in the file the bytes of an address are. */
  const place = (address: number): number => {
    const segment = segments.find((one) =>
      one.type === PT_LOAD && address >= one.address && address < one.address + one.size
    );
    if (segment === undefined) throw new Error(`nothing is loaded at ${address.toString(16)}`);
    return address - segment.address + segment.offset;
  };

  const dynamic = segments.find(({ type }) => type === PT_DYNAMIC);
  if (dynamic === undefined) throw new Error("it has no dynamic section");
  const entries = new Map<number, number>();
  for (let at = dynamic.offset; word(at) !== DT.NULL; at += 16) entries.set(word(at), at);
  const entry = (tag: number) => entries.has(tag) ? word(entries.get(tag)! + 8) : 0;
  const [rela, symbols] = [place(entry(DT.RELA)), place(entry(DT.SYMTAB))];

  // What is left of the relocations comes first in their table: what has to do with other libraries.
  let kept = rela;
  for (let at = rela, end = rela + entry(DT.RELASZ); at < end; at += 24) {
    const [target, type, addend] = [word(at), view.getUint32(at + 8, true), word(at + 16)];
    if (type === R_RELATIVE) {
      setWord(place(target), addend + BASE);
      continue;
    }
    bytes.copyWithin(kept, at, at + 24);
    shift(kept);
    if (type === R_IRELATIVE) shift(kept + 16);
    kept += 24;
  }
  if (entry(DT.JMPREL) !== 0) {
    const jumps = place(entry(DT.JMPREL));
    for (let at = jumps; at < jumps + entry(DT.PLTRELSZ); at += 24) {
      shift(at);
      if (view.getUint32(at + 8, true) === R_IRELATIVE) shift(at + 16);
    }
  }
  // Only the sections say how many symbols there are.
  const sections = Array.from({ length: half(60) }, (_, i) => word(40) + i * half(58));
  const table = sections.find((at) => view.getUint32(at + 4, true) === SHT_DYNSYM);
  if (table === undefined) throw new Error("it has no section of symbols");
  for (let at = symbols; at < symbols + word(table + 32); at += 24) {
    const isDefined = half(at + 6) !== 0 && word(at + 8) !== 0;
    if (isDefined && (bytes[at + 4]! & 15) !== STT_TLS) shift(at + 8);
  }
  setWord(entries.get(DT.RELASZ)! + 8, kept - rela);
  if (entries.has(DT.RELACOUNT)) setWord(entries.get(DT.RELACOUNT)! + 8, 0);
  if (entries.has(DT.FLAGS_1)) {
    setWord(entries.get(DT.FLAGS_1)! + 8, entry(DT.FLAGS_1) & ~DF_1_PIE);
  }
  for (const [tag, at] of entries) if (ADDRESSES.has(tag) && word(at + 8) !== 0) shift(at + 8);
  for (const { at, type } of segments) {
    if (type === PT_GNU_STACK) continue;
    shift(at + 16);
    shift(at + 24);
  }
  view.setUint16(16, ET_EXEC, true);
  shift(24);
  return bytes;
}
