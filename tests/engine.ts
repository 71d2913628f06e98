import Docker from 'dockerode';
import type { Context, Test } from 'mocha';
import { answers, startEngine, whyNot } from '../scripts/engine-in-namespace.js';

export interface Engine extends AsyncDisposable {
  docker: Docker;
  /** What a program needs in its environment to find the same engine. */
  env: { DOCKER_HOST: string };
  /** Whether it is there for this run alone. */
  isOwn: boolean;
  /** Of one that is, a process in its network namespace. */
  pid?: number;
}

const SOCKET = '/var/run/docker.sock';

/** Some test files are imported and others required, and this one with each: what they share is not in a module. */
const everywhere = globalThis as Record<symbol, { engine?: Promise<Engine> }>;
const own = Symbol.for('packetwalk');
everywhere[own] ??= {};
const shared = everywhere[own];

/**
 * The container engine of a test run: the one that answers already, else one that is started for the run and ends with
 * it. Skips the test, or all of a suite from its `before`, where there is none, with the reason in their titles; without
 * a context it rejects.
 */
export async function engine(context?: Context): Promise<Engine> {
  shared.engine ??= find();
  try {
    return await shared.engine;
  } catch (error) {
    if (!context) throw error;
    for (const test of testsOf(context)) test.title += ` (skipped: ${(error as Error).message})`;
    return context.skip();
  }
}

async function find(): Promise<Engine> {
  const given = process.env.DOCKER_HOST;
  if (given) {
    const docker = new Docker();
    await docker.ping().catch(({ message }) => {
      throw new Error(`no engine answers at DOCKER_HOST=${given}: ${message}`);
    });
    return at(docker, given, false);
  }
  if (await answers(SOCKET)) return at(new Docker({ socketPath: SOCKET }), `unix://${SOCKET}`, false);
  const why = whyNot();
  if (why) throw new Error(why);
  const { host, socketPath, pid } = await startEngine();
  return { ...at(new Docker({ socketPath }), host, true), pid };
}

/** Whoever lets go of it, others may be using it: it ends with the process. */
const at = (docker: Docker, DOCKER_HOST: string, isOwn: boolean): Engine => ({
  docker,
  isOwn,
  env: { DOCKER_HOST },
  async [Symbol.asyncDispose]() {},
});

/** The test that is about to run or, from a hook before all of them, those of its suite. */
function testsOf({ currentTest, test }: Context): Test[] {
  if (currentTest && !test?.title.startsWith('"before all"')) return [currentTest];
  const all: Test[] = [];
  test?.parent?.eachTest((each) => all.push(each));
  return all;
}
