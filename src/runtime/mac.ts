import { createHash } from 'node:crypto';

/** The MAC of a node's interface, the same in every run: an individual address, locally administered (IEEE 802, 8.4.2). */
export function macOf(lab: string, node: string, name: string): string {
  const digest = createHash('sha256').update([lab, node, name].join('\0')).digest();
  return ['02', ...[...digest.subarray(0, 5)].map((byte) => byte.toString(16).padStart(2, '0'))].join(':');
}
