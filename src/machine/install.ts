import { spawnSync } from 'node:child_process';
import { find, type Manager, type Tool } from './programs.ts';

export const missing = (tools: Tool[]): Tool[] => tools.filter(({ command }) => !find(command));

const managers: { manager: Manager; binary: string; install: string }[] = [
  { manager: 'apt', binary: 'apt-get', install: 'apt-get install -y' },
  { manager: 'dnf', binary: 'dnf', install: 'dnf install -y' },
  { manager: 'pacman', binary: 'pacman', install: 'pacman -S --needed --noconfirm' },
  { manager: 'apk', binary: 'apk', install: 'apk add' },
];

const ofThisMachine = () => managers.find(({ binary }) => find(binary)) ?? managers[0]!;

/** Whether it is known which package has a tool on this machine. */
export const hasPackage = ({ packages }: Tool): boolean => packages[ofThisMachine().manager] !== '';

/** The one line to type that installs some tools on this machine. */
export function installLine(tools: Tool[]): string {
  const { manager, install } = ofThisMachine();
  const packages = [...new Set(tools.map((each) => each.packages[manager]))].filter(Boolean).join(' ');
  return `${process.getuid?.() === 0 ? '' : 'sudo '}${install} ${packages}`;
}

/**
 * Runs the words after it, which install packages, but has the machine neither start nor keep their services: a lab starts
 * daemons of its own. policy-rc.d is where Debian asks whether it may (invoke-rc.d(8)).
 */
const withoutServices = (services: string[]) => `
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  trap 'rm -f $policy' EXIT
  printf '#!/bin/sh\\nexit 101\\n' > $policy && chmod 755 $policy
fi
"$@" || exit
for service in ${services.join(' ')}; do systemctl disable --quiet $service 2>/dev/null; done
exit 0`;

/** Installs what is missing through apt, as root or with sudo; returns what is missing still. */
export function install(tools: Tool[]): Tool[] {
  const absent = missing(tools);
  if (!absent.length || !find('apt-get')) return absent;
  const root = process.getuid?.() === 0;
  const askable = process.stdin.isTTY && process.stderr.isTTY;
  if (!root && (!find('sudo') || (!askable && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status !== 0)))
    return absent;
  process.stderr.write(`Installing what labs use (once): ${absent.map(({ command }) => command).join(', ')} …\n`);
  const packages = [...new Set(absent.flatMap((each) => each.packages.apt.split(' ')))];
  const apt = (stderr: 'ignore' | 2, ...words: string[]) => {
    const services = absent.flatMap(({ service = [] }) => service);
    const line = [
      ...(root ? [] : ['sudo', ...(askable ? [] : ['-n'])]),
      ...['sh', '-c', withoutServices(services), 'sh'],
      'env',
      'DEBIAN_FRONTEND=noninteractive',
      'apt-get',
    ];
    return spawnSync(line[0]!, [...line.slice(1), ...words], { stdio: ['inherit', 'ignore', stderr] }).status === 0;
  };
  const wanted = ['install', '-y', '-qq', '--no-install-recommends', ...packages];
  // The list of packages may be missing or old: it is fetched only when it has to be.
  if (!apt('ignore', ...wanted)) apt(2, 'update', '-qq') && apt(2, ...wanted);
  return missing(absent);
}
