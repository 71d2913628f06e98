/** What of a place's state can differ, as a person calls it. */
export type What =
  | 'route'
  | 'rule'
  | 'IPv6 rule'
  | 'neighbour'
  | 'fdb entry'
  | 'setting'
  | 'link'
  | 'address'
  | 'firewall rule'
  | 'vlan'
  | 'xfrm'
  | 'qdisc'
  | 'daemon';

/** Something that a place goes by and that somebody has set, in a form in which it can be compared with another time. */
export interface Entry {
  what: What;
  /** Tells which entry of another time this one was. */
  key: string;
  /** What the entry is about: `10.88.2.7`, `net.ipv4.ip_forward`. */
  subject: string;
  /** What is set for it: `dev cali1`, `1`. */
  value: string;
  /** The whole entry, as the program that lists it prints it. */
  text: string;
  device?: string;
}

/** An entry that was, one that is, or both. */
export type Change = { before: Entry; after?: Entry } | { before?: Entry; after: Entry };

/** Entries of one time that the other lacks; where their keys are equal, one that has changed. */
export function changes(then: readonly Entry[], now: readonly Entry[]): Change[] {
  const same = ({ what, key, value }: Entry) => JSON.stringify([what, key, value]);
  const [was, is] = [lacking(then, now, same), lacking(now, then, same)];
  const pairs: Change[] = was.map((before) => {
    const at = is.findIndex(({ what, key }) => what === before.what && key === before.key);
    const [after] = at < 0 ? [] : is.splice(at, 1);
    return { before, ...(after && { after }) };
  });
  return [...pairs, ...is.map((after) => ({ after }))];
}

/** Those of a list that another does not have, or not as often. */
export function lacking<T>(list: readonly T[], other: readonly T[], same: (each: T) => string): T[] {
  const left = new Map<string, number>();
  for (const each of other) left.set(same(each), (left.get(same(each)) ?? 0) + 1);
  return list.filter((each) => {
    const count = left.get(same(each)) ?? 0;
    left.set(same(each), count - 1);
    return count <= 0;
  });
}
