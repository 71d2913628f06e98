import type Docker from 'dockerode';
import { CannotRun } from '../../plan/usage.ts';
import { engine, engineAddress } from '../docker/engine.ts';
import type { Node } from './became.ts';

/** Capabilities of services came with this version of the engine's API, and with this engine. */
const LEAST = { api: '1.41', engine: '20.10' };

/** The first version of the API in which services name profiles of AppArmor. */
const PROFILES_SINCE = '1.44';

/** Whether one version is at least another, number by number. */
export function isAtLeast(version: string, least: string): boolean {
  const [numbers, others] = [version, least].map((each) => each.split('.').map(Number.parseFloat));
  const differing = others!.findIndex((number, i) => (numbers![i] ?? 0) !== number);
  return differing < 0 || (numbers![differing] ?? 0) > others![differing]!;
}

/** What an engine says of the swarm that it is in (Docker Engine API, SystemInfo). */
export interface SwarmInfo {
  LocalNodeState?: string;
  ControlAvailable?: boolean;
  Error?: string;
  RemoteManagers?: { Addr: string }[] | null;
}

/** What keeps an engine from giving tasks to a swarm, and what to type; nothing where it can. */
export function whyNoManager(info: SwarmInfo, api: string, address: string): string[] | undefined {
  const at = `the engine at ${address}`;
  if (!isAtLeast(api, LEAST.api))
    return [
      `${at} is too old: it speaks version ${api} of the API, and tasks with capabilities came with ${LEAST.api}`,
      `Install Docker ${LEAST.engine} or later there.`,
    ];
  const { LocalNodeState: state = 'inactive', ControlAvailable, Error: error, RemoteManagers } = info;
  if (state === 'inactive')
    return [
      `${at} is in no swarm`,
      'Type: docker swarm init',
      'and on each other machine what that prints. Or set DOCKER_HOST to a manager of a swarm.',
    ];
  if (state === 'locked') return [`the swarm of ${at} is locked`, 'Type: docker swarm unlock'];
  if (state !== 'active') return [`${at} is in a swarm that does not work: ${error || state}`, 'Type: docker info'];
  if (ControlAvailable) return undefined;
  const managers = (RemoteManagers ?? []).map(({ Addr }) => Addr.replace(/:\d+$/, ''));
  return [
    `${at} is a worker of its swarm, and only a manager gives tasks`,
    `Set DOCKER_HOST to a manager${managers.length ? `: ssh://${managers.join(' or ssh://')}` : ''}.`,
  ];
}

/** An engine that gives tasks to a swarm. */
export interface Manager {
  docker: Docker;
  address: string;
  /** Whether its services can do without AppArmor's profile, which forbids every mount. */
  namesProfiles: boolean;
}

/** Finds the manager of a swarm. Throws a CannotRun where the engine here is none. */
export async function findManager(): Promise<Manager> {
  const docker = await engine();
  const address = engineAddress()!;
  const [info, { ApiVersion }] = await Promise.all([docker.info(), docker.version()]);
  // Engines of other makers may know no swarms.
  const why = whyNoManager((info.Swarm ?? {}) as SwarmInfo, ApiVersion, address);
  if (why) throw new CannotRun('unknown', ...why);
  return { docker, address, namesProfiles: isAtLeast(ApiVersion, PROFILES_SINCE) };
}

/** The machines of a swarm that take tasks, by their names. Throws a CannotRun where there is none, or one of them has an engine that is too old. */
export function working(nodes: readonly Node[]): Node[] {
  const found = nodes.filter(
    ({ Spec, Status, Description }) =>
      Spec.Availability === 'active' && Status.State === 'ready' && (Description.Platform?.OS ?? 'linux') === 'linux',
  );
  if (!found.length)
    throw new CannotRun(
      'unknown',
      'no machine of the swarm takes tasks: each is down, or does not want any',
      'Type: docker node ls',
    );
  const old = found.filter(({ Description }) => !isAtLeast(Description.Engine.EngineVersion, LEAST.engine));
  if (old.length)
    throw new CannotRun(
      'unknown',
      ...old.map(
        ({ Description: { Hostname, Engine } }) =>
          `${Hostname} has Docker ${Engine.EngineVersion}, which gives tasks no capabilities: ${LEAST.engine} or later does`,
      ),
      ...old.map(
        ({ Description }) => `Or leave it out: docker node update --availability drain ${Description.Hostname}`,
      ),
    );
  return found.sort((a, b) => (a.Description.Hostname < b.Description.Hostname ? -1 : 1));
}
