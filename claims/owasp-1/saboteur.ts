import type { Saboteur } from "@holdfast/trust/saboteur";
import { weakenedServer } from "../weakened-server.ts";

const condition = "software/framework/src/model/condition-sql.ts";
const order = "software/framework/src/model/records/order.ts";
const nodes = 'import { emptySql, ident, joinSql, type Sql, sql } from "../sql/sql.ts";';
const orderNodes = 'import { ident, joinSql, type Sql, sql } from "../../sql/sql.ts";';

/** Serves a scratch database from sources that put statements together from callers' words. */
export const injectionSaboteur: Saboteur = {
  claim: "OWASP-1",
  set: async (scene) => {
    const scope = { databases: [(await scene.scratch("first")).name] };
    return {
      scope: { ...scope, port: await scene.server.intact() },
      sabotages: [
        weakenedServer(scene, {
          breaks: "a text to compare with was written into the statement",
          scope,
          patches: [
            { file: condition, find: nodes, replace: nodes.replace("sql }", "sql, trusted }") },
            {
              file: condition,
              find: "return sql`${value}::text`;",
              replace:
                "return Array.isArray(value) ? sql`${value}::text` : sql`${trusted(`'${String(value)}'`)}::text`;",
            },
          ],
        }),
        weakenedServer(scene, {
          breaks: "a pattern to look for was written into the statement",
          scope,
          patches: [
            { file: condition, find: nodes, replace: nodes.replace("sql }", "sql, trusted }") },
            {
              file: condition,
              find: "if (positive) return sql`${left} LIKE ${pattern}::text`;",
              replace: "if (positive) return sql`${left} LIKE ${trusted(`'${pattern}'`)}`;",
            },
          ],
        }),
        weakenedServer(scene, {
          breaks: "an order was taken as the caller wrote it",
          scope,
          patches: [
            { file: order, find: orderNodes, replace: orderNodes.replace("sql }", "sql, trusted }") },
            {
              file: order,
              find: "  const given = order !== undefined",
              replace:
                "  if (order !== undefined && /zq/.test(order)) return trusted(order);\n  const given = order !== undefined",
            },
          ],
        }),
      ],
    };
  },
};
