import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { installLine } from '../../machine/install.ts';
import { essential, find, optional } from '../../machine/programs.ts';
import type { Plan } from '../../plan/plan.ts';
import { type Feature, features, lacking, moduleOf, usualFeatures } from '../features.ts';
import { local } from '../machine/local.ts';
import type { Finding } from '../runtime.ts';
import { startSandbox } from './sandbox.ts';

/** What namespaces on this machine need: its system, the right to make them, tools, and parts of the kernel. */
export async function examineThisMachine(): Promise<Finding[]> {
  if (process.platform !== 'linux') return [{ what: 'system', ok: false, detail: 'network namespaces need Linux' }];
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

const versions: Record<string, string[]> = {
  ip: ['-V'],
  perl: ['-e', 'print $^V'],
  'iptables-restore': ['-V'],
  ss: ['-V'],
};

function tools(): Finding[] {
  return [...essential, ...optional].map((tool) => {
    const path = find(tool.command);
    if (!path) return { what: tool.command, ok: false, detail: `missing; it ${tool.why}`, mend: installLine([tool]) };
    const { stdout, stderr } = spawnSync(path, versions[tool.command] ?? ['--version'], {
      encoding: 'utf8',
      timeout: 2000,
    });
    const version = /v?\d+(\.\d+)+\S*/.exec(`${stdout}${stderr}`)?.[0].replace(/[,)]+$/, '');
    return { what: tool.command, ok: true, detail: version ? `${path} (${version})` : path };
  });
}

async function kernel(): Promise<Finding[]> {
  try {
    const rootless = process.getuid?.() !== 0;
    const probe = { name: 'doctor', nodes: [], steps: [], faults: [] } as unknown as Plan;
    const { agent } = await startSandbox(local, probe, { rootless });
    const absent = await lacking(agent, features);
    await agent.close();
    return [...usualFeatures.map((feature) => partOfKernel(feature, !absent.includes(feature))), rareParts(absent)];
  } catch (error) {
    return [{ what: 'sandbox', ok: false, detail: (error as Error).message }];
  }
}

function partOfKernel(feature: Feature, ok: boolean): Finding {
  const what = `kernel: ${feature}`;
  if (ok) return { what, ok, detail: 'there' };
  if (feature === 'tun' && existsSync('/dev/net/tun'))
    return { what, ok, detail: 'missing', mend: 'sudo chmod 666 /dev/net/tun' };
  const module = moduleOf(feature);
  return { what, ok, detail: 'missing', ...(module && { mend: `sudo modprobe ${module}` }) };
}

/** What few labs use is told in one line, for most kernels lack most of it. */
function rareParts(absent: Feature[]): Finding {
  const rare = features.filter((feature) => !usualFeatures.includes(feature));
  const there = rare.filter((feature) => !absent.includes(feature));
  const lacking = rare.length - there.length;
  const detail = [there.join(', ') || 'none', ...(lacking ? [`${lacking} others are missing`] : [])].join('; ');
  return { what: 'kernel: less usual', ok: true, detail };
}
