import type { Protocol } from './protocol.ts';
import * as protocols from './protocols/index.ts';

type Known = Pick<Protocol, 'id' | 'carriedBy' | 'brief' | 'decode' | 'message' | 'mirror'>;

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

/** The protocol that a carrier announces by a number, if it is known; `source` announces messages only. */
export const carriedBy = (carrier: string, number?: number, source?: number): Known | undefined => {
  const numbered = inside.get(carrier);
  const announced = (by: number | undefined) => (by === undefined ? undefined : numbered?.get(by));
  const answer = announced(source);
  return announced(number) ?? (answer?.message ? answer : undefined) ?? numbered?.get('always');
};
