/** Decisions, in order, from a list of numbers; where it ends, each is the simplest: 0, no, the first. */
export interface Tape {
  below(limit: number): number;
  chance(percent: number): boolean;
  pick<T>(list: readonly T[]): T;
}

export function tape(numbers: readonly number[]): Tape {
  let next = 0;
  const below = (limit: number) => (limit <= 1 ? 0 : (numbers[next++] ?? 0) % limit);
  return {
    below,
    chance: (percent) => below(100) >= 100 - percent,
    pick: (list) => {
      const [first] = list;
      if (first === undefined) throw new Error('nothing to pick from');
      return list[below(list.length)] ?? first;
    },
  };
}
