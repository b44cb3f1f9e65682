import type { SampleRows } from "./sample-rows.ts";

/** What the world holds that the attacker may not know, each as a number from 0. */
export interface Secrets {
  /** Of a person who may be seen: fields that may not, and one that may, by which the ways are tried. */
  readonly salary: number;
  readonly token: number;
  readonly badge: number;
  readonly open: number;
  readonly openText: number;
  /** Of a person who may not be seen. */
  readonly hiddenAge: number;
  readonly hiddenName: number;
  /** Which of four numbers are people who may not be seen: one bit each. */
  readonly there: number;
}

export type SecretName = keyof Secrets;

/** Where a secret stands: its record, a record that refers to it by `parent_id`, its field, and how many it may be. */
export interface SecretPlace {
  readonly id: number;
  readonly child: number;
  readonly field: string;
  readonly count: number;
  readonly text: boolean;
}

const letters = "abcdefghijklmnop";
const textLength = 4;
const numbers = 1024;
const texts = letters.length ** textLength;

/** People: 1 may be seen, 2 may not; 1 is under 2, and 3 under 1. */
export const secretPlaces: Readonly<Record<Exclude<SecretName, "there">, SecretPlace>> = {
  salary: { id: 1, child: 3, field: "salary", count: numbers, text: false },
  token: { id: 1, child: 3, field: "token", count: texts, text: true },
  badge: { id: 1, child: 3, field: "badge", count: 256, text: true },
  open: { id: 1, child: 3, field: "age", count: numbers, text: false },
  openText: { id: 1, child: 3, field: "nick", count: texts, text: true },
  hiddenAge: { id: 2, child: 1, field: "age", count: numbers, text: false },
  hiddenName: { id: 2, child: 1, field: "name", count: texts, text: true },
};

/** Numbers of people of whom some are there, hidden and under person 1. */
export const maybeThere = [5, 6, 7, 8] as const;
/** The number of nobody. */
export const nobody = 9;

/** A secret as the field holds it. Greater numbers are greater texts. */
export function held(place: SecretPlace, secret: number): string | number {
  if (!place.text) return secret;
  let text = "";
  for (let rest = secret, at = 0; at < textLength; at++, rest = Math.floor(rest / letters.length))
    text = letters.charAt(rest % letters.length) + text;
  return text;
}

/** The secret that a field holds, `undefined` for what is none. */
export function secretOf(place: SecretPlace, value: unknown): number | undefined {
  if (!place.text) return Number.isInteger(Number(value)) ? Number(value) : undefined;
  const places = [...String(value)].map((letter) => letters.indexOf(letter));
  if (places.length !== textLength || places.includes(-1)) return undefined;
  return places.reduce((sum, at) => sum * letters.length + at, 0);
}

/** The rows of a world with these secrets; worlds differ in nothing else. */
export function secretRows(secrets: Secrets): SampleRows {
  const of = (name: keyof typeof secretPlaces) => held(secretPlaces[name], secrets[name]);
  const person = (id: number, more: object) => ({ id, active: true, tag_ids: [], ...more });
  const hidden = maybeThere.filter((_, at) => ((secrets.there >> at) & 1) === 1);
  return {
    "sample.person": [
      person(2, { name: of("hiddenName"), age: of("hiddenAge"), kind: "former" }),
      person(1, {
        name: "Ann",
        nick: of("openText"),
        age: of("open"),
        salary: of("salary"),
        token: of("token"),
        badge: of("badge"),
        kind: "lead",
        parent_id: 2,
      }),
      person(3, { name: "Bo", kind: "client", parent_id: 1, badge: "other" }),
      ...hidden.map((id) => person(id, { name: "Gone", kind: "former", parent_id: 1 })),
    ],
    "sample.team": [],
    "sample.tag": [],
    "res.company": [],
  };
}
