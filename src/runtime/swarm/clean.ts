import type Docker from 'dockerode';
import { ownerHasEnded } from '../docker/owner.ts';

/** The label that tells which run of packetwalk a service is of. */
export const RUN = 'packetwalk.swarm';

/** Removes the services of runs on this machine that have ended; an engine that is no manager has none. A line on each. */
export async function cleanServices(docker: Docker): Promise<string[]> {
  const ours = await docker.listServices({ filters: { label: [RUN] } }).catch(() => []);
  const left = ours.filter(({ Spec }) => ownerHasEnded(Spec?.Labels ?? {}));
  await Promise.all(
    left.map(({ ID }) =>
      docker
        .getService(ID)
        .remove()
        .catch(() => {}),
    ),
  );
  return left.map(({ Spec }) => `The service ${Spec?.Name} is gone.`);
}
