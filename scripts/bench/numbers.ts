/** The middle of some numbers; of an even count, the mean of the two in the middle. */
export function median(numbers: number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

const ms = (value: number) => (value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en'));

/** Milliseconds as `median (least–most)`; empty where nothing was measured. */
export const spread = (values: number[]): string =>
  values.length ? `${ms(median(values))} (${ms(Math.min(...values))}–${ms(Math.max(...values))})` : '';

/** The same of counts, which have no parts. */
export const spreadOfCounts = (values: number[]): string => {
  const [middle, least, most] = [median(values), Math.min(...values), Math.max(...values)].map((count) =>
    Math.round(count).toLocaleString('en'),
  );
  return least === most ? `${middle}` : `${middle} (${least}–${most})`;
};

export const ratio = (of: number[], to: number[]): number => median(of) / median(to);

/** The same of the least of each, which other work on the machine disturbs least. */
export const leastRatio = (of: number[], to: number[]): number => Math.min(...of) / Math.min(...to);
