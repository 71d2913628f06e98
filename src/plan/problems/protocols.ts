import type { Lab } from '../../lab/words.ts';
import { builtIn, type Known, readBy, registryOf } from '../../packet/index.ts';
import type { Problem } from '../bad-lab.ts';
import { hint } from '../nearest.ts';

/** The highest number that a carrier has for what it carries; of any other carrier, a number is as its protocol says. */
const highest: Record<string, number> = {
  ether: 0xffff,
  gre: 0xffff,
  geneve: 0xffff,
  ip: 255,
  ip6: 255,
  raw: 15,
  llc: 255,
};
const PORTS = 0xffff;
const highestOf = (carrier: string) => highest[carrier] ?? (carrier === 'udp' || carrier === 'tcp' ? PORTS : undefined);

/** What is wrong with a lab's own protocols, and with its table of what carries them. */
export function protocolProblems({ protocols = [], decode = {} }: Lab): Problem[] {
  const tabled = Object.entries(decode).flatMap(([carrier, numbers]) =>
    Object.entries(numbers).map(([number, protocol]) => ({ where: `decode.${carrier}[${number}]`, protocol })),
  );
  const named = protocols.map((protocol, i) => ({ where: `protocols[${i}]`, protocol }));
  const own = [...named, ...tabled];
  const { known } = registryOf(own.map(({ protocol }) => protocol));
  const carriers = ['wire', 'raw', ...known.keys()];
  return [
    ...own.flatMap(({ where, protocol }, i) =>
      own.findIndex((other) => other.protocol === protocol) < i ? [] : trialProblems(where, protocol),
    ),
    ...own.flatMap(({ where, protocol }, i) =>
      own.slice(0, i).some((other) => other.protocol.id === protocol.id && other.protocol !== protocol)
        ? [{ where, what: `two protocols are called ${protocol.id}` }]
        : [],
    ),
    ...named.flatMap(({ where, protocol }) => [
      ...carrierProblems(where, protocol.carriedBy, carriers),
      ...takenProblems(where, protocol, decode),
    ]),
    ...Object.entries(decode).flatMap(([carrier, numbers]) =>
      carrierProblems(`decode.${carrier}`, { [carrier]: Object.keys(numbers).map(Number) }, carriers),
    ),
  ];
}

function carrierProblems(where: string, carriedBy: Known['carriedBy'], carriers: string[]): Problem[] {
  return Object.entries(carriedBy).flatMap(([carrier, numbers]): Problem[] => {
    if (!carriers.includes(carrier))
      return [{ where, what: `there is no protocol ${carrier} that carries it.`, hint: hint(carrier, carriers) }];
    const most = highestOf(carrier) ?? Number.MAX_SAFE_INTEGER;
    const odd = numbers === 'always' ? [] : numbers.filter((n) => !Number.isInteger(n) || n < 0 || n > most);
    return odd.map((number) => ({ where, what: `${carrier} has no number ${number}: they go from 0 to ${most}` }));
  });
}

/** Numbers that another protocol is known by: only the table `decode` may give them to somebody else. */
function takenProblems(where: string, { id, carriedBy }: Known, decode: NonNullable<Lab['decode']>): Problem[] {
  return Object.entries(carriedBy).flatMap(([carrier, numbers]) =>
    (numbers === 'always' ? [] : numbers).flatMap((number): Problem[] => {
      const other = builtIn.carriedBy(carrier, number);
      const isTaken = other && other.id !== id && other.carriedBy[carrier] !== 'always' && !decode[carrier]?.[number];
      if (!isTaken) return [];
      const what = `${carrier} ${number} is ${other.id} already; to have it otherwise here, write decode: { ${carrier}: { ${number}: … } }`;
      return [{ where, what }];
    }),
  );
}

/** Lengths of a header cut off anywhere, and of a whole packet. */
const LENGTHS = [...Array(65).keys(), 128, 1500];

/** Bytes with which every decode must cope: none, few and many, all zeros, all ones, and counting. */
const trials: Buffer[] = [0, 0xff, undefined].flatMap((fill) =>
  LENGTHS.map((length) => (fill === undefined ? Buffer.from([...Array(length).keys()]) : Buffer.alloc(length, fill))),
);

/** That a protocol's decode does not keep to its word, tried on bytes of no packet. */
function trialProblems(where: string, protocol: Known): Problem[] {
  for (const bytes of trials) {
    const read = readBy(protocol, bytes);
    if ('fault' in read)
      return [{ where, what: `${protocol.id}, given ${bytes.length} bytes, is at fault: ${read.fault}` }];
  }
  return [];
}
