import { type Blueprint, type ContainerSpec, makeBlueprint } from '@domicile/stacks/plan'
import type { Release } from '@domicile/stacks/release'
import { parseStack } from '@domicile/stacks/stack'

/** What a person who knows the recipe would type, as one shell script: the peer that an installation is measured against. */

const FOLDER = '/srv/bare'

export function bareBlueprint(
  manifest: Release,
  stackFiles: ReadonlyMap<string, string>,
  host: { memoryBytes: number; cpus: number },
): Blueprint {
  return makeBlueprint({
    name: 'bare',
    stack: parseStack(stackFiles),
    settings: { hostname: 'localhost', workers: 2 },
    ports: { address: '0.0.0.0', http: 80, https: 443 },
    subnets: { internal: '10.204.254.0/24', edge: '10.204.255.0/24' },
    images: Object.fromEntries(manifest.images.map(({ role, ...image }) => [role, image])),
    host,
    volumes: {},
    tls: { mode: 'internal' },
    vendorKeys: [],
  })
}

export function bareScript(blueprint: Blueprint): string {
  const { directories, files, secrets, networks, containers, jobs } = blueprint
  const [postgres, ...others] = containers
  if (!postgres) throw new Error('a blueprint starts with postgres')
  return [
    ...directories.map(({ path, uid, gid }) => `mkdir -p ${here(path)} && chown ${uid}:${gid} ${here(path)}`),
    ...files.map(({ path, content }) => `cat > ${here(path)} <<'BARE'\n${content}BARE`),
    ...secrets.map(
      ({ path, uid }) =>
        `head -c 24 /dev/urandom | base64 | tr -d '/+=\\n' > ${here(path)}; chown ${uid} ${here(path)}; chmod 400 ${here(path)}`,
    ),
    'tar -xf /root/erp.domicile -C /srv/bare images.tar.zst',
    'zstd -dc --long=27 /srv/bare/images.tar.zst | docker load',
    ...networks.map(
      ({ name, internal, subnet }) =>
        `docker network create ${internal ? '--internal' : ''} --subnet ${subnet} ${name}`,
    ),
    ...start(postgres),
    `docker exec -i -u 70 ${postgres.name} psql -X -q -v ON_ERROR_STOP=1 -U postgres <<BARE\n${rolesSql(blueprint)}\nBARE`,
    ...(jobs.initialize ? [`docker run --rm ${options(jobs.initialize)}`] : []),
    `docker exec -i -u 70 ${postgres.name} psql -X -q -v ON_ERROR_STOP=1 -U postgres -d ${blueprint.database.name} <<'BARE'\n${grantsSql(blueprint)}\nBARE`,
    ...others.flatMap(start),
  ].join('\n')
}

const here = (path: string) => path.replace(/^\/(etc|var\/lib)\/domicile/, `${FOLDER}/$1`)

function start(spec: ContainerSpec): string[] {
  return [
    `docker create ${options(spec)}`,
    ...spec.networks
      .slice(1)
      .map(({ network, address }) => `docker network connect --ip ${address} ${network} ${spec.name}`),
    `docker start ${spec.name}`,
    // The same question to the same check as the installer asks, as often.
    `test=$(docker inspect -f '{{if .Config.Healthcheck}}{{range $i, $word := .Config.Healthcheck.Test}}{{if $i}} {{end}}{{$word}}{{end}}{{end}}' ${spec.name})`,
    `case $test in '') sleep 2 ;; 'CMD-SHELL '*) until docker exec ${spec.name} sh -c "\${test#CMD-SHELL }" >/dev/null; do sleep 0.25; done ;; *) until docker exec ${spec.name} \${test#CMD } >/dev/null; do sleep 0.25; done ;; esac`,
  ]
}

function options(spec: ContainerSpec): string {
  const first = spec.networks[0]
  return [
    `--name ${spec.name} --init --read-only --cap-drop ALL --security-opt no-new-privileges`,
    `--memory ${spec.memoryBytes} --pids-limit ${spec.pids} --network ${first?.network} --ip ${first?.address}`,
    ...(first?.aliases ?? []).map((alias) => `--network-alias ${alias}`),
    ...(spec.user ? [`--user ${spec.user}`] : []),
    ...(spec.shmBytes ? [`--shm-size ${spec.shmBytes}`] : []),
    ...Object.entries(spec.environment).map(([key, value]) => `-e ${key}='${value}'`),
    ...spec.mounts.map(({ source, target, readOnly }) => `-v ${here(source)}:${target}${readOnly ? ':ro' : ''}`),
    ...Object.entries(spec.tmpfs).map(([path, mount]) => `--tmpfs ${path}:${mount}`),
    ...spec.ports.map(({ address, host, container }) => `-p ${address}:${host}:${container}`),
    ...(spec.health ? [`--health-cmd "${words(spec.health.test)}" --health-interval ${spec.health.interval}ms`] : []),
    spec.image,
    ...(spec.command ?? []),
  ].join(' ')
}

const words = ([, ...rest]: readonly string[]) => rest.join(' ')

const rolesSql = ({
  database: { name, owner, app, ownerSecret, appSecret },
}: Blueprint) => `CREATE ROLE ${owner} LOGIN PASSWORD '$(cat ${here(ownerSecret)})';
CREATE ROLE ${app} LOGIN PASSWORD '$(cat ${here(appSecret)})';
GRANT ${app} TO ${owner};
CREATE DATABASE ${name} OWNER ${owner} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8';
GRANT CONNECT, TEMPORARY ON DATABASE ${name} TO ${app};`

const grantsSql = ({ database: { owner, app, grants } }: Blueprint) => `SET ROLE ${owner};
GRANT USAGE ON SCHEMA public TO ${app};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${app};
GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO ${app};
${grants ?? ''}`
