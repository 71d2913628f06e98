import type { Protocol } from './protocol.ts';
import * as protocols from './protocols/index.ts';

/** What reads a protocol's headers, whatever its fields. */
export type Known = Pick<Protocol, 'id' | 'carriedBy' | 'brief' | 'decode' | 'message' | 'mirror'>;

/** Which protocol is inside of a carrier, by the number that the carrier has for it: `{ udp: { 6081: geneve } }`. */
export type DecodeTable = Readonly<Record<string, Readonly<Record<number, Known>>>>;

/** The protocols that frames are read by. */
export interface Registry {
  /** Every protocol by its id. */
  known: ReadonlyMap<string, Known>;
  /** The protocol that a carrier announces by a number, if it is known; `source` announces messages only. */
  carriedBy(carrier: string, number?: number, source?: number): Known | undefined;
}

/** The protocols that packetwalk brings, by their ids. */
export const builtInProtocols: ReadonlyMap<string, Known> = new Map(
  Object.values(protocols).map((protocol: Known) => [protocol.id, protocol]),
);

/** packetwalk's own protocols with some more, which take the place of one with the same id, and a table that has the last word. */
export const registryOf = (own: readonly Known[] = [], table: DecodeTable = {}): Registry => {
  const stated = [...own, ...Object.values(table).flatMap((numbers) => Object.values(numbers))];
  const known = new Map([...builtInProtocols, ...stated.map((protocol) => [protocol.id, protocol] as const)]);
  const inside = new Map<string, Map<number | 'always', Known>>();
  const announce = (carrier: string, number: number | 'always', protocol: Known) => {
    const numbered = inside.get(carrier) ?? new Map<number | 'always', Known>();
    inside.set(carrier, numbered.set(number, protocol));
  };
  const replaced = new Set(stated.map(({ id }) => id));
  for (const protocol of [...[...known.values()].filter(({ id }) => !replaced.has(id)), ...stated])
    for (const [carrier, numbers] of Object.entries(protocol.carriedBy))
      for (const number of numbers === 'always' ? (['always'] as const) : numbers) announce(carrier, number, protocol);
  for (const [carrier, numbers] of Object.entries(table))
    for (const [number, protocol] of Object.entries(numbers)) announce(carrier, Number(number), protocol);
  return {
    known,
    carriedBy(carrier, number, source) {
      const numbered = inside.get(carrier);
      const announced = (by: number | undefined) => (by === undefined ? undefined : numbered?.get(by));
      const answer = announced(source);
      return announced(number) ?? (answer?.message ? answer : undefined) ?? numbered?.get('always');
    },
  };
};

/** packetwalk's own protocols and no others. */
export const builtIn: Registry = registryOf();
