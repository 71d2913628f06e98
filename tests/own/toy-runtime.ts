import {
  endSandbox,
  type HostKey,
  insideHost,
  type OnHosts,
  type OwnKind,
  type Plan,
  type Runtime,
  reenterHosts,
  runOn,
  startOnHosts,
  thisMachine,
} from 'packetwalk/runtime';

const host = ({ nodes }: Plan) => ({
  machine: thisMachine,
  kernel: 'the toy’s kernel',
  rootless: process.getuid?.() !== 0,
  nodes: nodes.map(({ name }) => name),
});

const runtime = ({ keys, close, ...work }: OnHosts): Runtime => ({
  ...work,
  name: 'toy',
  rootless: process.getuid?.() !== 0,
  async stay() {
    await work.stay();
    return { runtime: 'toy', rootless: false, where: 'in the toy box', key: keys };
  },
  [Symbol.asyncDispose]: close,
});

/** A runtime that has its nodes in a sandbox on this machine, and says so. */
export default {
  name: 'toy',
  about: 'a toy box',
  async start(plan, _, say) {
    say('The toy box is opened');
    return runtime(await startOnHosts(plan, [host(plan)]));
  },
  reenter: async (plan, keys) => runtime(await reenterHosts(plan, [host(plan)], keys)),
  attach: (plan, keys, place, argv, env) => thisMachine.attach([...insideHost(plan, keys, place).argv, ...argv], env),
  stands: async ([key]) => (await runOn(thisMachine, ['kill', '-0', String(key!.sandbox.pid)])).ended === 'exit code 0',
  async stop([key]) {
    await runOn(thisMachine, endSandbox(key!));
  },
} satisfies OwnKind<HostKey[]>;
