/** Prisma hands a prefix to LIKE as it is: `_` and `%`, which names may hold, would stand for other characters. */
export function beginsWith(prefix: string): { readonly startsWith: string } {
  return { startsWith: prefix.replaceAll(/[\\%_]/g, String.raw`\$&`) };
}
