import type Docker from 'dockerode';
import { ownerHasEnded } from '../docker/owner.ts';

/** The label that tells which run of packetwalk a service is of. */
export const RUN = 'packetwalk.swarm';

/** Removes the services and secrets of runs on this machine that have ended; an engine that is no manager has none. A line on each service. */
export async function cleanServices(docker: Docker): Promise<string[]> {
  const ours = { filters: { label: [RUN] } };
  const isLeft = ({ Spec }: Docker.Service | Docker.Secret) => ownerHasEnded(Spec?.Labels ?? {});
  const left = (await docker.listServices(ours).catch(() => [])).filter(isLeft);
  await Promise.all(
    left.map(({ ID }) =>
      docker
        .getService(ID)
        .remove()
        .catch(() => {}),
    ),
  );
  await removeSecrets(docker, (await docker.listSecrets(ours).catch(() => [])).filter(isLeft));
  return left.map(({ Spec }) => `The service ${Spec?.Name} is gone.`);
}

/** Removes secrets, which no service has any more. */
export const removeSecrets = async (docker: Docker, secrets: Pick<Docker.Secret, 'ID'>[]): Promise<void> => {
  await Promise.all(
    secrets.map(({ ID }) =>
      docker
        .getSecret(ID)
        .remove()
        .catch(() => {}),
    ),
  );
};
