import type { Sighting } from '../judge/observation.ts';
import { countable, inOrder } from '../judge/walk.ts';
import { type Part, partOf } from '../lab/part.ts';
import type { Live, Sent } from '../observe/sent.ts';
import { describe } from '../packet/index.ts';

/** A packet's journey as it was seen, in the words of a lab. */
export function observed({ plan }: Live, { send, sightings, passed }: Sent, name: string): string {
  const ordered = inOrder(countable(sightings, plan).counted, plan);
  const part = (which: Part) => [
    ...ordered
      .filter((each) => partOf(each) === which)
      .map((each, i, all) => {
        const headers = describe(each.headers, []).join(', ');
        return `    at('${each.at}', '${because(each, all[i - 1])}', ${headers}),`;
      }),
    ...passed
      .filter((each) => each.part === which)
      .map(({ place, went }) => `    through('${place}', '${went.replaceAll("'", "\\'")}', 'It passes this hook'),`),
  ];
  return [
    `'${name}': {`,
    `  send: send('${send.from}', '${send.command}'),`,
    ...(['request', 'reply', 'end'] as const).flatMap((which) =>
      which === 'request' || part(which).length ? [`  ${which}: [`, ...part(which), '  ],'] : [],
    ),
    '},',
  ].join('\n');
}

/** What became of a packet since it was last seen, as far as its headers tell. */
function because(now: Sighting, before: Sighting | undefined): string {
  if (!before) return 'It starts here';
  const wraps = ({ headers }: Sighting) => headers.filter(({ protocol }) => protocol === 'ip').length;
  const ttl = ({ headers }: Sighting) => Number(headers.findLast(({ protocol }) => protocol === 'ip')?.fields.ttl);
  if (wraps(now) > wraps(before)) return 'It is wrapped';
  if (wraps(now) < wraps(before)) return 'It is unwrapped';
  if (ttl(now) < ttl(before)) return 'It is routed: one TTL is spent';
  if (now.port) return now.direction === 'out' ? 'It leaves the bridge' : 'It enters the bridge';
  return now.direction === 'out' ? 'It leaves here' : 'It arrives here';
}
