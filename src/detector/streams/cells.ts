/** Reads one cell of a typed array; a place outside reads as 0 (the compiler cannot know that none is). */
export function readCell(cells: Float64Array | Float32Array, place: number): number {
  return cells[place] ?? 0;
}
