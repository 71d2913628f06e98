import { daemon } from 'packetwalk';
import type { KubeObject } from '../kube-proxy/objects.ts';
import { feed, program } from '../program.ts';
import { type Ingress, nginxConf } from './nginx.ts';

/** nginx in the foreground. The root of a sandbox has no groups to take: its worker says so, and goes on. */
export const nginx = daemon('ingress-nginx', "nginx -c /run/nginx/conf -g 'daemon off;'", { 'it listens': 'ss -Hltn sport = :80 | grep -q .' });

/** ModSecurity’s engine, which asks the rules that the OWASP core rule set has; `DetectionOnly` only logs what it finds. */
export const modSecurity = (engine: 'On' | 'DetectionOnly') =>
  feed('cat > /run/nginx/modsecurity.conf', [
    `SecRuleEngine ${engine}`,
    'SecRequestBodyAccess On',
    'Include /etc/modsecurity/crs/crs-setup.conf',
    'Include /usr/share/modsecurity-crs/rules/*.conf',
  ]);

/** The controller: it writes nginx’s configuration from what the API server has, and has nginx read it. */
export const controller = (ingresses: readonly Ingress[], objects: readonly KubeObject[]) => [
  'mkdir -p /run/nginx',
  modSecurity('On'),
  feed('cat > /run/nginx/conf', nginxConf(ingresses, objects)),
  nginx,
];

/** A process that answers HTTP requests with what it was asked, for whom, and by whom. */
export const answers = (name: string, port = 80) => [
  program('servers/http-witness', `/run/${name}.program`),
  daemon(name, `perl /run/${name}.program ${port} ${name}`, { 'it listens': `ss -Hltn sport = :${port} | grep -q .` }),
];
