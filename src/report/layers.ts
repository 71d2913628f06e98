import type { ExpectedHeader, MacOf, Value } from '../packet/index.ts';
import { headerText } from './notation.ts';

/** A header stack, cut where a tunnel's inner packet begins: at the second address of the same kind. */
export function layers<H extends Pick<ExpectedHeader, 'protocol'>>(headers: readonly H[]): H[][] {
  const list: H[][] = [[]];
  for (const header of headers) {
    const begins = ['ether', 'arp', 'ip', 'ip6'].includes(header.protocol);
    const inside = list.at(-1)!.some(({ protocol }) => ['arp', 'ip', 'ip6'].includes(protocol));
    if (begins && inside) list.push([]);
    list.at(-1)!.push(header);
  }
  return list;
}

/** A header stack in a lab's own notation, a line for each layer, what a tunnel carries further in. */
export const nested = (headers: readonly ExpectedHeader[]): string[] =>
  layers(headers).map(
    (layer, depth, { length }) =>
      `${'  '.repeat(depth)}${layer.map(headerText).join(', ')}${depth < length - 1 ? ',' : ''}`,
  );

/** Whether a header says nothing that the previous hop's headers did not say already. */
export const carried = (header: ExpectedHeader, previous: readonly ExpectedHeader[]): boolean =>
  previous.some(
    ({ protocol, fields }) =>
      protocol === header.protocol &&
      Object.entries(header.fields).every(([name, value]) => same(fields[name] ?? value, value)),
  );

const same = (a: Value | MacOf, b: Value | MacOf) =>
  typeof a === 'object' && typeof b === 'object' ? a.macOf === b.macOf : a === b;
