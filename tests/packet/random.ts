/** Random numbers that are the same for the same seed (mulberry32). */
export const random = (seed: number) => {
  let state = seed;
  const below = (limit: number): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
  const one = <T>(...choices: readonly T[]): T => choices[below(choices.length)] as T;
  const bytes = (length: number): Buffer => Buffer.from(Array.from({ length }, () => below(256)));
  return { below, one, bytes };
};

export type Random = ReturnType<typeof random>;

/** The seed of this run: `SEED=42 npx mocha …` repeats one. */
export const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);

/** Bytes with some of them changed, perhaps cut off or continued. */
export const mutated = ({ below, bytes }: Random, original: Buffer): Buffer => {
  const copy = Buffer.from(original);
  for (let changes = below(8); changes >= 0; changes--) copy[below(copy.length)] = below(256);
  if (below(4) === 0) return copy.subarray(0, below(copy.length));
  return below(8) === 0 ? Buffer.concat([copy, bytes(below(64))]) : copy;
};

/** A mutation that leaves some bytes as they are. */
export const spoilt = (random: Random, original: Buffer, [from, to]: [number, number] = [0, 0]): Buffer => {
  const copy = mutated(random, original);
  original.copy(copy, from, from, Math.min(to, copy.length));
  return copy;
};
