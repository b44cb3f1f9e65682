import { literal, sql } from "@holdfast/framework/sql/sql";
import type { TestDatabase } from "@holdfast/framework/testing/database";

/** Rows a statement: a statement of ours may run for half a minute. */
const batchRows = 50_000;

/** A fifth of the contacts belongs to the restricted user, three fifths to nobody, a fifth to others. */
export async function fillPartners(db: TestDatabase, count: number, owners: readonly [number, number]) {
  const [own, other] = owners;
  for (let from = 1; from <= count; from += batchRows)
    await db.database.rows(sql`INSERT INTO res_partner
    (create_date, write_date, name, complete_name, is_company, type, email, phone, city, zip, street,
     country_id, user_id, company_id, active)
    SELECT now(), now(), name, name, n % 3 = 0, 'contact', 'mail' || n || '@example.org', '+371 2000' || n,
      'City ' || n % 97, (1000 + n % 9000)::text, 'Street ' || n,
      (SELECT min(id) FROM res_country) + n % 200,
      CASE n % 5 WHEN 0 THEN ${own}::integer WHEN 1 THEN ${other}::integer END,
      CASE WHEN n % 4 = 0 THEN (SELECT min(id) FROM res_company) END, n % 50 <> 0
    FROM (SELECT n, 'Partner ' || md5(n::text) AS name
      FROM generate_series(${literal(from)}, ${literal(Math.min(count, from + batchRows - 1))}) n) made`);
  await db.database.rows(sql`ANALYZE res_partner`);
}
