import { literal, type Sql, sql } from "../sql/sql.ts";
import { type FoldBlock, foldBlocks } from "./fold.ts";

/**
 * Creates `hf_fold(text)`, the folding table as an IMMUTABLE function, so that an index may hold its
 * result. Safe to run twice. Belongs at the start of every schema sync.
 *
 * PL/pgSQL and not SQL: a SQL function would be inlined, its 10 KB of table planned anew in every
 * statement. ASCII leaves at once, European text after one block: `translate` costs a scan of its table for
 * every letter.
 */
export function createFoldFunction(): Sql {
  return sql`CREATE OR REPLACE FUNCTION hf_fold(value text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS ${literal(functionBody())}`;
}

function functionBody(): string {
  const [latin, ...others] = foldBlocks().filter((block) => block.entries.length > 0);
  const lines = [
    `value := lower(value COLLATE "C");`,
    leaveWhenAscii,
    ...(latin ? [blockLine(latin), leaveWhenAscii] : []),
    ...others.map((block) => `IF ${holds(block)} THEN ${blockLine(block)} END IF;`),
  ];
  return `BEGIN\n${lines.join("\n")}\nRETURN value;\nEND`;
}

const leaveWhenAscii = "IF octet_length(value) = char_length(value) THEN RETURN value; END IF;";

function holds(block: FoldBlock): string {
  return `value ~ '[\\u${hex(block.first)}-\\u${hex(block.last)}]'`;
}

function hex(point: number): string {
  return point.toString(16).padStart(4, "0");
}

/** Letters that become one letter or none in one `translate`, the others each in a `replace`. */
function blockLine(block: FoldBlock): string {
  const kept = block.entries.filter(([, to]) => to.length === 1);
  const dropped = block.entries.filter(([, to]) => to.length === 0);
  const from = [...kept, ...dropped].map(([unit]) => unit).join("");
  const translated = `translate(value, '${from}', '${kept.map(([, to]) => to).join("")}')`;
  const spread = block.entries.filter(([, to]) => to.length > 1);
  return `value := ${spread.reduce((inner, [unit, to]) => `replace(${inner}, '${unit}', '${to}')`, translated)};`;
}
