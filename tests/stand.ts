import { spawnSync } from 'node:child_process';
import type { Context } from 'mocha';
import { at, icmp, ip, type Lab, send } from '../src/index.ts';
import type { Live } from '../src/observe/sent.ts';
import { type Plan, plan } from '../src/plan/plan.ts';
import { type Findings, findings, live, setUp } from '../src/prove/run.ts';
import { rootless, startNetns } from '../src/runtime/netns/index.ts';
import type { Runtime } from '../src/runtime/runtime.ts';

export const request = (ttl = 64) => [ip({ src: '10.0.0.1', dst: '10.0.0.2', ttl }), icmp({ type: 'echo request' })];
export const reply = (ttl = 64) => [ip({ src: '10.0.0.2', dst: '10.0.0.1', ttl }), icmp({ type: 'echo reply' })];

/** Two hosts on a cable, and a ping from one to the other. */
export const twoHosts = (): Lab => ({
  title: 'Two hosts on a cable',
  nodes: { a: 'host', b: 'host' },
  links: ['a:eth0 10.0.0.1/24 -- b:eth0 10.0.0.2/24'],
  setup: {},
  walks: {
    'a pings b': {
      send: send('a', 'ping -c 1 10.0.0.2'),
      request: [at('a:eth0', 'It leaves', request()), at('b:eth0', 'It arrives', request())],
      reply: [at('b:eth0', 'The answer leaves', reply()), at('a:eth0', 'The answer arrives', reply())],
    },
  },
});

const user = rootless ? ['--user', '--map-root-user'] : [];
const unshare = spawnSync('unshare', [...user, '--net', '--mount', '--pid', '--fork', 'true']);

/** Skips tests where this user may make no network namespaces, and says so in their titles. */
export function needsNamespaces(context: Context): void {
  if (unshare.status === 0) return;
  const test = context.currentTest ?? context.test;
  if (test) test.title += ` (skipped: unshare cannot make namespaces here: ${String(unshare.stderr).trim()})`;
  context.skip();
}

export interface Stood extends Live, AsyncDisposable {
  found: Findings;
}

/** Stands a lab up in namespaces, with eyes on it; `bufferBytes` is how much the kernel may hold back for a place. */
export async function stand(lab: Lab | Plan, bufferBytes?: number): Promise<Stood> {
  const planned = 'steps' in lab ? lab : plan(lab, 'test');
  const runtime: Runtime = await startNetns(planned);
  const found = findings();
  try {
    if (!(await setUp(planned, runtime, found, () => {}))) throw new Error(JSON.stringify(found.steps.at(-1)));
    const lab = await live(planned, runtime, { bufferBytes });
    return { ...lab, found, [Symbol.asyncDispose]: () => runtime[Symbol.asyncDispose]() };
  } catch (error) {
    await runtime[Symbol.asyncDispose]();
    throw error;
  }
}

/** Has a place read that so many processes wait for this machine's processors on average, however many do. */
export const withLoad = (load: number): string =>
  `echo '${load}.00 ${load}.00 ${load}.00 1/1 1' > /run/loadavg && mount --bind /run/loadavg /proc/loadavg`;

const NFT = '$(readlink -f "$(command -v nft)")';

/** Has nft(8) hang at a place, and end that. */
export const nftHangs = `printf '#!/bin/sh\\nexec sleep infinity\\n' > /run/nft && chmod +x /run/nft && mount --bind /run/nft ${NFT}`;
export const nftAnswers = `umount ${NFT}`;
