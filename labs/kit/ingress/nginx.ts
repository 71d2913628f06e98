import { type KubeObject, type PortOfService, portsOf } from '../kube-proxy/objects.ts';

/** An Ingress of Kubernetes (API reference, networking.k8s.io/v1), as far as nginx is told of it: each path is a prefix. */
export interface Ingress {
  metadata: { name: string; namespace: string };
  spec: { rules: { host: string; http: { paths: { path: string; backend: { service: { name: string; port: { number: number } } } }[] } }[] };
}

/** An Ingress from its hosts, with the service and port that each of their paths leads to: `{ 'shop.example': { '/cart': 'cart:80' } }`. */
export const ingress = (name: string, hosts: Record<string, Record<string, `${string}:${number}`>>): Ingress => ({
  metadata: { name, namespace: 'default' },
  spec: {
    rules: Object.entries(hosts).map(([host, paths]) => ({
      host,
      http: {
        paths: Object.entries(paths).map(([path, backend]) => {
          const [service = '', port] = backend.split(':');
          return { path, backend: { service: { name: service, port: { number: Number(port) } } } };
        }),
      },
    })),
  },
});

/** A path of a host, and the port of the service behind it. */
interface Location {
  host: string;
  path: string;
  upstream: string;
  port: PortOfService;
}

/**
 * The locations of Ingresses, the longest path first. Throws in a sentence for each that leads nowhere: a service that there is not, or
 * without an endpoint, a path that does not begin with a slash, and a path of a host that two of them claim.
 */
function locationsOf(ingresses: readonly Ingress[], objects: readonly KubeObject[]): Location[] {
  const ports = portsOf(objects, '');
  const [problems, taken] = [[] as string[], new Map<string, string>()];
  const locations = ingresses.flatMap(({ metadata, spec }) =>
    spec.rules.flatMap(({ host, http }) =>
      http.paths.flatMap(({ path, backend: { service } }): Location[] => {
        const [at, name] = [`${host}${path}`, `${metadata.namespace}/${metadata.name}`];
        const port = ports.find(
          (each) =>
            each.service.metadata.name === service.name &&
            each.service.metadata.namespace === metadata.namespace &&
            each.port.port === service.port.number,
        );
        if (!path.startsWith('/')) problems.push(`${name} has the path '${path}' of ${host}, which does not begin with /`);
        if (taken.has(at)) problems.push(`${name} and ${taken.get(at)} both have ${at}`);
        if (!port)
          problems.push(`${name} leads ${at} to ${service.name}:${service.port.number}, and there is no such service in ${metadata.namespace}`);
        else if (!port.endpoints.length) problems.push(`${name} leads ${at} to ${service.name}, which has no endpoint that is ready`);
        taken.set(at, name);
        return port ? [{ host, path, upstream: `${metadata.namespace}-${service.name}-${service.port.number}`, port }] : [];
      }),
    ),
  );
  if (problems.length) throw new Error(problems.join('; '));
  return locations.sort((a, b) => b.path.length - a.path.length || (a.path < b.path ? -1 : 1));
}

const upstream = ({ upstream: name, port }: Location) => [
  `  upstream ${name} {`,
  ...port.endpoints.map((endpoint) => `    server ${endpoint.address}:${endpoint.port};`),
  '  }',
];

/** What is sent on says for whom: nginx takes nobody’s word for that, but the address that it was called from. */
const location = ({ path, upstream: name }: Location) => [
  `    location ${path} {`,
  `      proxy_pass http://${name};`,
  '      proxy_http_version 1.1;',
  '      proxy_set_header Host $host;',
  '      proxy_set_header X-Real-IP $remote_addr;',
  '      proxy_set_header X-Forwarded-For $remote_addr;',
  '      proxy_set_header Connection "";',
  '    }',
];

const server = (host: string, locations: Location[]) => [
  '  server {',
  '    listen 80;',
  `    server_name ${host};`,
  ...locations.filter((each) => each.host === host).flatMap(location),
  '  }',
];

/**
 * nginx.conf from Ingresses, Services and EndpointSlices, in the way of ingress-nginx: a server for each host, a location for each path,
 * and behind it the service’s endpoints themselves. That picks an endpoint by Lua, and writes far more settings; here nginx picks.
 */
export function nginxConf(ingresses: readonly Ingress[], objects: readonly KubeObject[]): string[] {
  const locations = locationsOf(ingresses, objects);
  const upstreams = new Map(locations.map((each) => [each.upstream, each]));
  const hosts = [...new Set(locations.map(({ host }) => host))].sort();
  return [
    'load_module /usr/lib/nginx/modules/ngx_http_modsecurity_module.so;',
    'user root;',
    'worker_processes 1;',
    'pid /run/nginx/pid;',
    'error_log stderr notice;',
    'events {}',
    'http {',
    '  access_log off;',
    ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((each) => `  ${each}_temp_path /run/nginx/${each};`),
    '  modsecurity on;',
    '  modsecurity_rules_file /run/nginx/modsecurity.conf;',
    ...[...upstreams.values()].flatMap(upstream),
    '  server {',
    '    listen 80 default_server;',
    '    location / { return 404; }',
    '  }',
    ...hosts.flatMap((host) => server(host, locations)),
    '}',
  ];
}
