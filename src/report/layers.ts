/** A header stack, cut where a tunnel's inner packet begins: at the second address of the same kind. */
export function layers(headers: string[]): string[][] {
  const list: string[][] = [[]];
  for (const header of headers) {
    const begins = ['ether', 'arp', 'ip'].includes(protocol(header));
    const inside = list.at(-1)!.some((each) => ['arp', 'ip'].includes(protocol(each)));
    if (begins && inside) list.push([]);
    list.at(-1)!.push(header);
  }
  return list;
}

/** A header stack in a lab's own notation, a line for each layer, what a tunnel carries further in. */
export const nested = (headers: string[]): string[] =>
  layers(headers).map(
    (layer, depth, { length }) => `${'  '.repeat(depth)}${layer.join(', ')}${depth < length - 1 ? ',' : ''}`,
  );

const protocol = (header: string) => header.slice(0, header.indexOf('('));

/** Whether a header says nothing that the previous hop's headers did not say already. */
export const carried = (header: string, previous: string[]): boolean =>
  previous.some((other) => {
    const before = fields(other);
    return (
      protocol(other) === protocol(header) &&
      Object.entries(fields(header)).every(([name, value]) => (before[name] ?? value) === value)
    );
  });

const fields = (header: string): Record<string, string> =>
  Object.fromEntries(
    [...header.matchAll(/(\w+): ('(?:\\.|[^'])*'|[^,}]+)/g)].map(([, name, value]) => [name, value!.trim()]),
  );
