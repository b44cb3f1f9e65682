/** What a database of the benchmark is made of. */
export interface BenchSchema {
  readonly tables: string;
  readonly rows: readonly string[];
  readonly constraints: string;
}

const tables = `
  CREATE TABLE partner (id int PRIMARY KEY, name text NOT NULL, email text, street text, city text, active bool,
    create_date timestamptz, credit numeric, note text);
  CREATE TABLE sale_order (id int PRIMARY KEY, name text, partner_id int, state text, amount_total numeric,
    date_order timestamptz, note text);
  CREATE TABLE sale_line (id int PRIMARY KEY, order_id int, product text, qty numeric, price numeric, name text);
  CREATE TABLE mail_message (id int PRIMARY KEY, model text, res_id int, body text, create_date timestamptz);`;

const constraints = `
  CREATE INDEX ON partner (name); CREATE INDEX ON partner (email);
  CREATE INDEX ON sale_order (partner_id); CREATE INDEX ON sale_order (state);
  CREATE INDEX ON sale_line (order_id); CREATE INDEX ON mail_message (model, res_id);
  ALTER TABLE sale_order ADD FOREIGN KEY (partner_id) REFERENCES partner;
  ALTER TABLE sale_line ADD FOREIGN KEY (order_id) REFERENCES sale_order;`;

/**
 * Contacts, orders, lines and messages as a business has them: short rows, some words that repeat, some that do not.
 *
 * @param count - of contacts; there are as many orders and messages, and three times as many lines.
 */
export function hugeSchema(count: number): BenchSchema & Iterable<string> {
  const rows = [
    `INSERT INTO partner SELECT i, 'Partner ' || md5(i::text), 'p' || i || '@example.com', 'Street ' || (i % 500),
      'City ' || (i % 90), i % 7 <> 0, now() - i * interval '1 min', (i::bigint * 7919 % 100000) / 100.0,
      CASE WHEN i % 3 = 0 THEN repeat(md5((i::bigint * 3)::text) || ' ', 6) END FROM generate_series(1, ${count}) i`,
    `INSERT INTO sale_order SELECT i, 'S' || lpad(i::text, 6, '0'), 1 + (i::bigint * 31 % ${Math.max(1, count)}),
      (ARRAY['draft', 'sent', 'sale', 'done'])[1 + i % 4], (i::bigint * 104729 % 1000000) / 100.0,
      now() - i * interval '1 min', NULL FROM generate_series(1, ${count}) i`,
    `INSERT INTO sale_line SELECT i, 1 + (i - 1) / 3, 'Product ' || (i % 1000), i % 10 + 1, (i::bigint * 17 % 10000) / 100.0,
      'A description of product ' || (i % 1000) || ' in some words ' || md5(i::text) FROM generate_series(1, ${count * 3}) i`,
    `INSERT INTO mail_message SELECT i, 'sale.order', i, 'Dear customer, ' || repeat(md5(i::text) || ' and so on. ', 8),
      now() FROM generate_series(1, ${count}) i`,
    "ANALYZE",
  ];
  return {
    tables,
    rows,
    constraints,
    [Symbol.iterator]: () => [tables, ...rows, constraints][Symbol.iterator](),
  };
}

/** A small customer: many tables with few rows each, as the apps make them. */
export function smallSchema(tableCount: number): string[] {
  return Array.from({ length: tableCount }, (_, at) => {
    const create = `CREATE TABLE t_${at} (id int PRIMARY KEY, name text, amount numeric, at timestamptz)`;
    return `${create}; INSERT INTO t_${at} SELECT i, md5(i::text), i, now() FROM generate_series(1, ${(at % 10) * 20}) i`;
  });
}
