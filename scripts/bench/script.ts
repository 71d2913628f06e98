import { bridge, veths } from '../../src/plan/lay-cables.ts';
import type { Plan, Typed } from '../../src/plan/plan.ts';
import { groups } from '../../src/runtime/agent/lines.ts';
import { addNodes } from '../../src/runtime/netns/sandbox.ts';

/** Text by the name of its file. */
export type Files = Record<string, string>;

const PLACES = /^ip netns add /;

/**
 * The shell script that brings about the state of a plan, and the batch files that it reads, as an engineer would write
 * them with ip(8) alone: the same commands in the same order, one `ip -batch` a namespace and phase. Once the state is
 * there it says `up`, then runs $LOOK in each place whose name it reads, and ends with its input.
 */
export function shellScript(plan: Plan, { atOnce }: { atOnce: number }): Files {
  const files: Files = {};
  const batch = (name: string, argv: string[], lines: string[]) => {
    files[name] = lines.map((line) => `${line.slice(argv[0]!.length + 1)}\n`).join('');
  };
  const lineOf = (phase: string, { place, lines }: Typed) =>
    groups(lines.filter((line) => !PLACES.test(line)))
      .map(({ argv, lines }, i) => {
        if (argv[1] !== '-batch') return `ip netns exec ${place} ${lines[0]}`;
        const name = `${phase}.${place}.${i}`;
        batch(name, argv, lines);
        return `${argv[0]} -n ${place} -batch ${name}`;
      })
      .join(' && ');
  const phase = (name: string, typed: Typed[]) => {
    const lines = typed.map((each) => lineOf(name, each)).filter(Boolean);
    if (!lines.length || atOnce === 1) return lines;
    files[name] = `${lines.join('\n')}\n`;
    return [`xargs --arg-file=${name} --delimiter='\\n' --max-args=1 --max-procs=${atOnce} sh -ec`];
  };

  const pods = plan.pods.map(({ name }) => name);
  batch('namespaces', ['ip'], [...addNodes(plan), ...pods.map((pod) => `ip netns add ${pod}`)]);
  const body = plan.steps.flatMap(({ title, cables = [], commands = [] }, i) => {
    if (cables.length) batch(`${i}.cables`, ['ip'], veths(cables));
    return [
      `# ${title}`,
      ...(cables.length ? [`ip -batch ${i}.cables`, ...phase(`${i}.switches`, bridge(plan, cables))] : []),
      ...phase(
        `${i}.nodes`,
        commands.filter(({ place }) => !pods.includes(place)),
      ),
      ...phase(
        `${i}.pods`,
        commands.filter(({ place }) => pods.includes(place)),
      ),
    ];
  });
  files['setup.sh'] = [
    'set -e',
    'mount -t tmpfs tmpfs /run',
    'ip -batch namespaces',
    ...body,
    'echo up',
    `while read -r place; do ip netns exec "$place" sh -c "$LOOK"; done`,
    '',
  ].join('\n');
  return files;
}
