import type { ClusterName } from "@holdfast/protocol/agent-methods";

export interface SettingsInput {
  readonly cluster: ClusterName;
  readonly port: number;
  readonly socketFolder: string;
}

/** How big each cluster may grow; small machines are the default. */
const sizes: Readonly<Record<ClusterName, { maxConnections: number; sharedBuffers: string }>> = {
  main: { maxConnections: 200, sharedBuffers: "128MB" },
  control: { maxConnections: 60, sharedBuffers: "32MB" },
};

/**
 * The whole postgresql.conf, written at every start: what is not here has PostgreSQL's own default.
 * Logged errors hold no statements, parameters or row values, since those are customers' data.
 */
export function settings({ cluster, port, socketFolder }: SettingsInput): string {
  const { maxConnections, sharedBuffers } = sizes[cluster];
  const lines: readonly (readonly [name: string, value: string | number])[] = [
    ["cluster_name", `holdfast-${cluster}`],
    // Who gets in.
    ["listen_addresses", "127.0.0.1"],
    ["port", port],
    ["unix_socket_directories", socketFolder],
    ["unix_socket_permissions", "0700"],
    ["max_connections", maxConnections],
    ["superuser_reserved_connections", 5],
    ["password_encryption", "scram-sha-256"],
    ["authentication_timeout", "10s"],
    ["ssl", "on"],
    ["ssl_cert_file", "server.crt"],
    ["ssl_key_file", "server.key"],
    ["ssl_min_protocol_version", "TLSv1.2"],
    ["ssl_ciphers", "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384"],
    // What is never lost.
    ["wal_level", "replica"],
    ["max_wal_size", "1GB"],
    ["max_slot_wal_keep_size", "4GB"],
    // What one customer may take from the others.
    ["shared_buffers", sharedBuffers],
    ["work_mem", "8MB"],
    ["temp_file_limit", "2GB"],
    ["idle_in_transaction_session_timeout", "5min"],
    ["client_connection_check_interval", "5s"],
    ["tcp_keepalives_idle", 60],
    ["max_prepared_transactions", 0],
    ["jit", "off"],
    // Room for a hundred thousand locks: the agent ends who takes thousands long before (claim ISO-2).
    ["max_locks_per_transaction", 512],
    // What it tells.
    ["log_line_prefix", "%m [%p] %u@%d "],
    ["log_error_verbosity", "terse"],
    ["log_min_error_statement", "panic"],
    ["log_parameter_max_length", 0],
    ["log_parameter_max_length_on_error", 0],
    ["log_lock_waits", "on"],
    ["log_timezone", "UTC"],
    ["timezone", "UTC"],
    ["lc_messages", "C"],
    ["default_text_search_config", "pg_catalog.simple"],
  ];
  return `# Written by the agent at every start; changes here are lost.\n${lines.map(line).join("")}`;
}

function line([name, value]: readonly [string, string | number]): string {
  return `${name} = ${typeof value === "number" ? value : `'${value.replaceAll("'", "''")}'`}\n`;
}
