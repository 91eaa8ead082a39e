const MIB = 2 ** 20

/**
 * How much of the host PostgreSQL gets, in bytes: a quarter of the host, at least what the stack asks for or 512 MiB,
 * at most half of the host.
 */
export function postgresMemory(hostBytes: number, wantedBytes = 512 * MIB): number {
  const quarter = Math.floor(hostBytes / 4 / MIB) * MIB
  return Math.min(Math.max(quarter, wantedBytes), Math.floor(hostBytes / 2 / MIB) * MIB)
}

/**
 * PostgreSQL settings for a container of that size, by the proportions its documentation recommends for a dedicated
 * server (shared_buffers 25 %, effective_cache_size 75 %).
 * @param memoryBytes the container's limit
 * @param cpus cores of the host
 */
export function postgresSettings(memoryBytes: number, cpus: number): Record<string, string> {
  const mib = (share: number, least: number, most = Number.POSITIVE_INFINITY) =>
    `${Math.round(Math.min(Math.max((memoryBytes * share) / MIB, least), most))}MB`
  return {
    shared_buffers: mib(0.25, 128),
    effective_cache_size: mib(0.75, 256),
    work_mem: mib(0.25 / 50, 4, 64),
    maintenance_work_mem: mib(0.05, 64, 2048),
    max_connections: '100',
    max_worker_processes: String(Math.max(8, cpus)),
    max_parallel_workers: String(Math.max(2, Math.min(8, cpus))),
    wal_compression: 'pglz',
    max_wal_size: mib(0.5, 256, 4096),
    random_page_cost: '1.1',
    jit: 'off',
    log_min_duration_statement: '5s',
    log_connections: 'off',
    log_statement: 'none',
    log_parameter_max_length_on_error: '0',
    idle_in_transaction_session_timeout: '1h',
  }
}

export const renderPostgresConf = (settings: Readonly<Record<string, string>>): string =>
  Object.entries(settings)
    .map(([name, value]) => `${name} = '${value}'\n`)
    .join('')
