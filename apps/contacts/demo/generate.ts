/**
 * Prints 1,000 made-up contacts as CSV, the same for the same seed: `node apps/contacts/demo/generate.ts > …`.
 * Names with the letters of twenty-odd languages; addresses end in `.example`, telephone numbers are such that
 * regulators keep for fiction. contacts.csv beside this file is its output.
 */
import { fields, jobs, type Region, regions, trades } from "./regions.ts";

const header =
  "Name,Is a company,Organization,Job position,Email,Phone,Website,Street,Postal code,City,Country,Reference".split(
    ",",
  );
const companyCount = 180;
const rowCount = 1_000;
/** Of ten people, so many work for one of the companies. */
const employedOfTen = 7;
const digitsToTake = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] as const;

interface Company {
  readonly name: string;
  readonly domain: string;
  readonly region: Region;
  readonly address: readonly string[];
}

/** The file's text, with `\n` line ends. */
export function contactsCsv(seed = 20_261_122): string {
  const pick = picker(seed);
  const companies = makeCompanies(pick);
  const rows = companies.map((company, at) => companyRow(company, at, pick));
  const addresses = new Set<string>();
  while (rows.length < rowCount) {
    const row = personRow(pick, companies, rows.length);
    const email = row[4] ?? "";
    if (addresses.has(email)) continue;
    addresses.add(email);
    rows.push(row);
  }
  return `${[header, ...rows].map((row) => row.map(quoted).join(",")).join("\n")}\n`;
}

type Pick = <T>(from: readonly T[]) => T;

function makeCompanies(pick: Pick): Company[] {
  const byDomain = new Map<string, Company>();
  while (byDomain.size < companyCount) {
    const region = pick(regions);
    const base = `${pick(trades)} ${pick(fields)}`;
    const domain = `${letters(base)}-${letters(region.country)}.example`;
    const name = `${base} ${pick(region.forms.split(","))}`;
    const taken = byDomain.has(domain) || [...byDomain.values()].some((company) => company.name === name);
    if (!taken) byDomain.set(domain, { name, domain, region, address: addressIn(region, pick) });
  }
  return [...byDomain.values()];
}

function companyRow({ name, domain, region, address }: Company, at: number, pick: Pick): string[] {
  const reach = [`info@${domain}`, phone(region, pick), `https://www.${domain}`];
  return [name, "yes", "", "", ...reach, ...address, region.country, `K-${1000 + at}`];
}

function personRow(pick: Pick, companies: readonly Company[], at: number): string[] {
  const company = pick(digitsToTake) < employedOfTen ? pick(companies) : undefined;
  const region = company?.region ?? pick(regions);
  const [given, family] = [pick(region.given.split(" ")), pick(familyNames(region))];
  const host = company?.domain ?? pick(["mail.example", "post.example", "inbox.example"]);
  const number = company === undefined ? String(at) : "";
  const reach = [`${letters(given)}.${letters(family)}${number}@${host}`, phone(region, pick), ""];
  const work = [company?.name ?? "", company === undefined ? "" : pick(jobs)];
  const address = company?.address ?? addressIn(region, pick);
  return [`${given} ${family}`, "no", ...work, ...reach, ...address, region.country, `K-${1000 + at}`];
}

/** Particles belong to the name that follows: `van der Meer`. */
function familyNames({ family }: Region): string[] {
  return family.match(/(?:(?:van|Van|der|den|de|De|'t|Ó|Ní) )*\S+/g) ?? [];
}

function addressIn(region: Region, pick: Pick): string[] {
  const [city, zip] = pick(region.cities);
  const street = pick(region.streets.split(","));
  const number = String(1 + Number(digits("##", pick)));
  return [region.numberFirst ? `${number} ${street}` : `${street} ${number}`, digits(zip, pick), city];
}

function phone(region: Region, pick: Pick): string {
  return digits(pick(region.phones), pick);
}

function digits(pattern: string, pick: Pick): string {
  return pattern.replace(/#/g, () => String(pick(digitsToTake)));
}

const spellings: Readonly<Record<string, string>> = {
  ø: "o",
  ł: "l",
  ı: "i",
  ß: "ss",
  þ: "th",
  ð: "d",
  đ: "d",
  æ: "ae",
  œ: "oe",
};

/** Only what a mail address is sure to take. */
function letters(text: string): string {
  const spelt = text.toLowerCase().replace(/[øłıßþðđæœ]/g, (letter) => spellings[letter] ?? "");
  const bare = spelt.normalize("NFD").replace(/[\u0300-\u036f]/g, "");
  return bare.replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
}

function quoted(cell: string): string {
  return /[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** Mulberry32: small, fast and the same everywhere; nothing here is a secret. */
function picker(seed: number): Pick {
  let state = seed;
  return (from) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    const share = ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
    return from[Math.floor(share * from.length)] as (typeof from)[number];
  };
}

if (import.meta.main) process.stdout.write(contactsCsv());
