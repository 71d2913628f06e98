import type { Runtime } from '../runtime/runtime.ts';
import { type Dump, dumpCommands, dumpLines, type MacNames } from './dump.ts';

type Asked = Pick<Runtime, 'script'>;

interface DumpRequest {
  node: string;
  /** What is typed there; the usual commands when absent. */
  commands?: readonly string[];
}

/** A command of a dump ended with an error; its message says where, which and how. */
export class DumpFailed extends Error {
  override name = 'DumpFailed';
  readonly node: string;

  constructor(node: string, message: string) {
    super(message);
    this.node = node;
  }
}

/** Takes dumps of some nodes of a lab that is up; `places` are all whose interfaces have MAC addresses of their own. */
export async function takeDumps(
  runtime: Asked,
  places: readonly string[],
  requests: readonly DumpRequest[],
): Promise<Dump[]> {
  const macs = await macNames(runtime, places);
  return Promise.all(
    requests.map(async ({ node, commands = dumpCommands }): Promise<Dump> => {
      const [kernel, ...sections] = await Promise.all([
        print(runtime, node, 'uname -sr'),
        ...commands.map(async (command) => ({
          command,
          lines: dumpLines(command, await print(runtime, node, command), macs),
        })),
      ]);
      return { daemons: [], kernel: kernel.trim(), node, sections };
    }),
  );
}

async function print(runtime: Asked, node: string, command: string): Promise<string> {
  const { code, stdout, stderr } = await runtime.script(node, command, { timeoutMs: 20_000 });
  // grep(1) ends with 1 where it finds nothing; of what sysctl(8) may not read it complains.
  if (code > 1 || (code === 1 && !command.includes('grep')))
    throw new DumpFailed(node, `${node}: ${command} ended with ${code}: ${stderr.trim() || 'it said nothing'}`);
  return stdout;
}

interface Link {
  ifname: string;
  address?: string;
  linkinfo?: { info_kind?: string };
}

/** Which interface each MAC address is of; of a bridge and its port, the port. What several have of their own has no name. */
async function macNames(runtime: Asked, places: readonly string[]): Promise<MacNames> {
  const owners = new Map<string, string[]>();
  await Promise.all(
    places.map(async (place) => {
      const links = JSON.parse(await print(runtime, place, 'ip -j -d link show')) as Link[];
      for (const { ifname, address = '', linkinfo } of links)
        if (
          linkinfo?.info_kind !== 'bridge' &&
          /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(address) &&
          !/^(00:)+00$/.test(address)
        )
          owners.set(address, [...(owners.get(address) ?? []), `<MAC ${place}:${ifname}>`]);
    }),
  );
  return new Map([...owners].flatMap(([mac, [own, ...more]]) => (own && !more.length ? [[mac, own] as const] : [])));
}
