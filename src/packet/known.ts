import type { Protocol } from './protocol.ts';
import * as protocols from './protocols/index.ts';

type Known = Pick<Protocol, 'id' | 'carriedBy' | 'brief' | 'decode' | 'mirror'>;

const all: Known[] = Object.values(protocols);

/** Every protocol by its id. */
export const known: ReadonlyMap<string, Known> = new Map(all.map((protocol) => [protocol.id, protocol]));

const inside = new Map<string, Map<number | 'always', Known>>();
for (const protocol of all) {
  for (const [carrier, numbers] of Object.entries(protocol.carriedBy)) {
    const numbered = inside.get(carrier) ?? new Map<number | 'always', Known>();
    for (const number of numbers === 'always' ? (['always'] as const) : numbers) numbered.set(number, protocol);
    inside.set(carrier, numbered);
  }
}

/** The protocol that a carrier announces by a number, if it is known. */
export const carriedBy = (carrier: string, number: number | undefined): Known | undefined => {
  const numbered = inside.get(carrier);
  return (number === undefined ? undefined : numbered?.get(number)) ?? numbered?.get('always');
};
