import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import type { Plan } from './plan.ts';
import { start } from './runtime/index.ts';
import { essential, find, installLine, optional } from './tools.ts';

/** One thing that labs need of this machine. */
export interface Finding {
  what: string;
  ok: boolean;
  detail: string;
  /** The line to type that mends it. */
  mend?: string;
}

const devices = ['veth', 'bridge', 'vxlan', 'ipip', 'gre', 'dummy', 'vrf', 'macvlan', 'wireguard'];

/** Looks at all that labs need: tools, the right to make namespaces, and what this kernel has. */
export async function examine(): Promise<Finding[]> {
  return [system(), namespaces(), ...tools(), ...(await kernel())];
}

function system(): Finding {
  const [major = 0, minor = 0] = readFileSync('/proc/sys/kernel/osrelease', 'utf8').split('.').map(Number);
  const ok = major > 5 || (major === 5 && minor >= 12);
  const detail = `Linux ${major}.${minor}, Node ${process.versions.node}`;
  return { what: 'system', ok, detail, ...(!ok && { mend: 'Linux 5.12 or later is needed (mount_setattr)' }) };
}

const value = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined);

function namespaces(): Finding {
  const what = 'namespaces';
  if (process.getuid?.() === 0) return { what, ok: true, detail: 'root makes them' };
  const tried = spawnSync('unshare', ['--user', '--map-root-user', '--net', '--mount', '--pid', '--fork', 'true'], {
    encoding: 'utf8',
  });
  if (tried.status === 0) return { what, ok: true, detail: 'an ordinary user makes them, inside a user namespace' };
  const detail = tried.error ? tried.error.message : tried.stderr.trim();
  if (value('/proc/sys/kernel/apparmor_restrict_unprivileged_userns') === '1')
    return { what, ok: false, detail, mend: 'sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0' };
  if (value('/proc/sys/kernel/unprivileged_userns_clone') === '0')
    return { what, ok: false, detail, mend: 'sudo sysctl -w kernel.unprivileged_userns_clone=1' };
  if (value('/proc/sys/user/max_user_namespaces') === '0')
    return { what, ok: false, detail, mend: 'sudo sysctl -w user.max_user_namespaces=10000' };
  return { what, ok: false, detail, mend: 'Run packetwalk as root' };
}

const tools = (): Finding[] =>
  [...essential, ...optional].map((tool) => {
    const path = find(tool.command);
    if (path) return { what: tool.command, ok: true, detail: path };
    return { what: tool.command, ok: false, detail: `missing; it ${tool.why}`, mend: installLine([tool]) };
  });

const probe = {
  name: 'doctor',
  nodes: [{ name: 'probe', kind: 'host' }],
  pods: [],
  links: [],
  steps: [],
} as unknown as Plan;

async function kernel(): Promise<Finding[]> {
  try {
    await using runtime = await start(probe);
    return await Promise.all(
      devices.map(async (type) => {
        const extra =
          {
            vxlan: ' id 1 dstport 4789',
            macvlan: ' link lo',
            vrf: ' table 10',
            ipip: ' local 127.0.0.1',
            gre: ' local 127.0.0.1',
          }[type] ?? '';
        const { code, stderr } = await runtime.script('probe', `ip link add probe-${type} type ${type}${extra}`);
        const absent = /Unknown device type|not supported/i.test(stderr);
        if (code === 0 || !absent) return { what: `kernel: ${type}`, ok: true, detail: 'there' };
        return { what: `kernel: ${type}`, ok: false, detail: stderr.trim(), mend: `sudo modprobe ${type}` };
      }),
    );
  } catch (error) {
    return [{ what: 'sandbox', ok: false, detail: (error as Error).message }];
  }
}
