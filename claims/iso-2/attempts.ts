/** One thing that a tenant's role must not be able to do in its own database. */
export interface ForbiddenAttempt {
  /** What a thief would gain, in public words: "run a program on the host". */
  readonly gain: string;
  readonly statement: string;
  /** SQLSTATEs with which PostgreSQL refuses it; 42501 (insufficient privilege) unless said. */
  readonly refusedWith?: readonly string[];
}

const insufficientPrivilege = "42501";
/** The function or extension does not exist: there is nothing to be allowed. */
const notThere = ["42883", "58P01", "0A000", "42704"] as const;

/** Who may not be become, besides other tenants' roles: PostgreSQL's own. */
const mightyRoles = [
  "holdfast",
  "pg_read_all_data",
  "pg_write_all_data",
  "pg_execute_server_program",
  "pg_signal_backend",
];

/** Ways out of one's own database, each with how PostgreSQL must answer. Source: claim ISO-2. */
export const waysOut: readonly ForbiddenAttempt[] = [
  { gain: "make a schema", statement: "CREATE SCHEMA probe" },
  { gain: "make a table", statement: "CREATE TABLE public.probe (id int)" },
  { gain: "make a temporary table", statement: "CREATE TEMPORARY TABLE probe (id int)" },
  { gain: "make a role", statement: "CREATE ROLE probe" },
  { gain: "become a superuser", statement: "ALTER ROLE CURRENT_USER SUPERUSER" },
  { gain: "change the server's settings", statement: "ALTER DATABASE postgres SET work_mem = '1MB'" },
  { gain: "run a program on the host", statement: "COPY (SELECT 1) TO PROGRAM 'true'" },
  { gain: "write a file of the host", statement: "COPY (SELECT 1) TO '/tmp/holdfast-probe'" },
  { gain: "read a file of the host by COPY", statement: "COPY res_groups FROM '/etc/hostname'" },
  { gain: "read a file of the host", statement: "SELECT pg_read_file('/etc/hostname')" },
  { gain: "list a folder of the host", statement: "SELECT pg_ls_dir('/')" },
  { gain: "import a file as a large object", statement: "SELECT lo_import('/etc/hostname')" },
  { gain: "make a large object", statement: "SELECT lo_create(0)" },
  { gain: "open a large object", statement: "SELECT lo_get(1)" },
  { gain: "run procedural code", statement: "DO $$ BEGIN NULL; END $$" },
  {
    gain: "install code in an untrusted language",
    statement: "CREATE LANGUAGE plpython3u",
    refusedWith: [insufficientPrivilege, ...notThere],
  },
  {
    gain: "install code of the server",
    statement: "CREATE FUNCTION public.probe() RETURNS int LANGUAGE internal AS 'pg_backend_pid'",
  },
  { gain: "load a library", statement: "LOAD '/tmp/probe.so'" },
  {
    gain: "install dblink",
    statement: "CREATE EXTENSION dblink",
    refusedWith: [insufficientPrivilege, ...notThere],
  },
  {
    gain: "use dblink",
    statement: "SELECT dblink_connect('dbname=postgres')",
    refusedWith: [insufficientPrivilege, "42883"],
  },
  {
    gain: "install a foreign data wrapper",
    statement: "CREATE EXTENSION postgres_fdw",
    refusedWith: [insufficientPrivilege, ...notThere],
  },
  { gain: "make a foreign data wrapper", statement: "CREATE FOREIGN DATA WRAPPER probe" },
  {
    gain: "make a foreign server",
    statement: "CREATE SERVER probe FOREIGN DATA WRAPPER postgres_fdw",
    refusedWith: [insufficientPrivilege, "42704"],
  },
  { gain: "read the passwords of roles", statement: "SELECT rolpassword FROM pg_authid" },
  { gain: "see who else works", statement: "SELECT query FROM pg_stat_activity" },
  { gain: "take locks that all databases share", statement: "SELECT pg_advisory_lock(1)" },
  { gain: "try locks that all databases share", statement: "SELECT pg_try_advisory_xact_lock_shared(1, 2)" },
  { gain: "fill the log of all databases", statement: "SELECT pg_logical_emit_message(false, 'p', 'p')" },
  { gain: "fill the queue of all databases", statement: "SELECT pg_notify('probe', 'p')" },
  { gain: "publish changes", statement: "CREATE PUBLICATION probe" },
  {
    gain: "subscribe to changes",
    statement: "CREATE SUBSCRIPTION probe CONNECTION '' PUBLICATION probe WITH (connect = false)",
  },
  { gain: "make a replication slot", statement: "SELECT pg_create_physical_replication_slot('probe')" },
  { gain: "reload the server", statement: "SELECT pg_reload_conf()" },
  ...mightyRoles.map((role) => ({ gain: "become a mighty role", statement: `SET ROLE ${role}` })),
];

/** What must be refused between two tenants. @param role - a role of the other. @param database - the other's. */
export function acrossTo(role: string, database: string): ForbiddenAttempt[] {
  return [
    { gain: "become another tenant's role", statement: `SET ROLE ${role}` },
    { gain: "act as another tenant's role", statement: `SET SESSION AUTHORIZATION ${role}` },
    {
      gain: "read across databases",
      statement: `SELECT 1 FROM ${database}.public.res_users`,
      refusedWith: ["0A000"],
    },
  ];
}

/** Whether PostgreSQL refused as it must: another failure is none that protects. */
export function isRefusal(attempt: ForbiddenAttempt, code: string): boolean {
  return (attempt.refusedWith ?? [insufficientPrivilege]).includes(code);
}
