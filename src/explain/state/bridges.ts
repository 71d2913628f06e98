import { linesIn, split, wordsOfLine } from './ip-lines.ts';
import type { FdbState, VlanState } from './place-state.ts';

/** Entries of forwarding tables, as `bridge fdb` prints them. */
export const fdbIn = (text: string): FdbState[] =>
  linesIn(text).flatMap((line) => {
    const [mac = '', ...rest] = split(line);
    const words = wordsOfLine(rest);
    return words.dev ? [{ text: [mac, ...rest].join(' '), words, mac, device: words.dev }] : [];
  });

/** VLANs of bridges and their ports, as `bridge vlan` prints them: a port's first on the line with its name. */
export function vlansIn(text: string): VlanState[] {
  let device = '';
  return linesIn(text).flatMap((line) => {
    if (/^port\s+vlan/.test(line)) return [];
    const words = split(line);
    if (!/^\s/.test(line)) device = words.shift() ?? '';
    const [first, last = first] = (words.shift() ?? '').split('-').map(Number);
    if (!first) return [];
    const [pvid, untagged] = [words.includes('PVID'), words.includes('Untagged')];
    const vids = Array.from({ length: last! - first + 1 }, (_, i) => first + i);
    return vids.map((vid) => ({ device, vid, pvid, untagged }));
  });
}
