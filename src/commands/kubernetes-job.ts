import { BadUsage, exitCodes } from '../plan/usage.ts';
import { CAPABILITIES } from '../runtime/index.ts';
import { say, typed } from './output.ts';
import type { Cell, MatrixOptions } from './runtimes.ts';

/** What stands before the results of a shard in the log of its pod. */
export const SHARD_LINE = 'packetwalk-shard ';

const NAME = 'packetwalk';

/** Options that say what becomes of results: there are none yet. */
const LATER = [
  ...(['shard', 'out', 'json', 'junit', 'markdown', 'html', 'captures', 'list', 'hosts', 'durations'] as const),
  ...(['on', 'image'] as const),
];

/** Prints a Job that runs a matrix in as many pods as there are shards, and how it is started and its results are fetched. */
export async function tellJob(cells: Cell[], options: MatrixOptions & { kubernetes: string }): Promise<number> {
  const later = LATER.find((name) => options[name]);
  if (later) throw new BadUsage(`--kubernetes runs nothing here: --${later} has no meaning beside it`);
  const other = cells.find(({ variant }) => variant.prepares)?.variant;
  if (other) throw new BadUsage(`a pod has nothing that ${other.name} needs: leave --runtimes out`);
  const shards = shardsOf(options.shards ?? '3', cells.length);
  const { stringify } = await import('yaml');
  say(
    `# Run it:            kubectl apply -f FILE`,
    `# See how it goes:   kubectl logs -f -l batch.kubernetes.io/job-name=${NAME} --max-log-requests ${shards}`,
    `# When it has ended: kubectl logs -l batch.kubernetes.io/job-name=${NAME} --tail -1 > results/${NAME}.log`,
    `#                    ${typed('merge', 'results')}`,
    `# Take it away:      kubectl delete job ${NAME}`,
    stringify(job(cells, shards, options), { lineWidth: 0 }).trimEnd(),
  );
  return exitCodes.passed;
}

function shardsOf(text: string, runs: number): number {
  const shards = /^[1-9]\d{0,3}$/.test(text) ? Number(text) : undefined;
  if (shards === undefined) throw new BadUsage(`--shards is a number from 1, not ${text}`);
  if (shards > runs)
    throw new BadUsage(
      `--shards ${shards}: there ${runs === 1 ? 'is 1 run' : `are ${runs} runs`}, and each pod has one at least`,
    );
  return shards;
}

/**
 * An Indexed Job (batch/v1, as of Kubernetes 1.33): each index is a shard. A run that failed is a verdict and not tried again, and
 * it ends no other; a pod that was lost leaves its shard out, of which `merge` says that it is unknown.
 */
const job = (cells: Cell[], shards: number, options: MatrixOptions & { kubernetes: string }) => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: NAME },
  spec: {
    completionMode: 'Indexed',
    completions: shards,
    parallelism: shards,
    backoffLimitPerIndex: 0,
    maxFailedIndexes: shards,
    template: {
      spec: {
        restartPolicy: 'Never',
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        containers: [
          {
            name: NAME,
            image: options.kubernetes,
            command: ['sh', '-c', script(cells, shards, options)],
            resources: { requests: { cpu: '2', memory: '2Gi' }, limits: { memory: '4Gi' } },
            securityContext: {
              runAsUser: 0,
              capabilities: { drop: ['ALL'], add: CAPABILITIES },
              seccompProfile: { type: 'RuntimeDefault' },
              // The profile of containerd and CRI-O forbids mount(2), whatever a pod may do otherwise.
              appArmorProfile: { type: 'Unconfined' },
            },
          },
        ],
      },
    },
  },
});

const quoted = (word: string) => (/^[\w./,:=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

/** What a pod types: its shard, and then what was found out, on one line. */
function script(cells: Cell[], shards: number, { drills = true, gallery, labs, strict }: MatrixOptions): string {
  const runtimes = [...new Set(cells.map(({ variant }) => variant.name))];
  const words = [
    ...['packetwalk', 'matrix', '--runtimes', runtimes.join(',')],
    ...(labs ? ['--labs', labs] : []),
    ...(gallery ? ['--gallery'] : []),
    ...(drills ? [] : ['--no-drills']),
    ...(strict ? ['--strict'] : []),
  ];
  return [
    'results=$(mktemp -d)',
    `${words.map(quoted).join(' ')} --shard $((JOB_COMPLETION_INDEX + 1))/${shards} --out "$results"`,
    'code=$?',
    `sed 's/^/${SHARD_LINE}/' "$results"/shard-*.json`,
    'exit $code',
    '',
  ].join('\n');
}
