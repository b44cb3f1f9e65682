import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { setTimeout as wait } from "node:timers/promises";
import { systemRandom } from "@holdfast/kernel/random";
import { call } from "@holdfast/protocol/call";
import { download, upload } from "@holdfast/protocol/call-bytes";
import { showCustomer, takeCustomerBackup } from "@holdfast/protocol/control-methods";
import { downloadBackup } from "@holdfast/protocol/transfer-methods";
import {
  appendToUpload,
  beginUpload,
  dropUpload,
  lookAtUpload,
  takeUpload,
  type UploadState,
  uploadBlockBytes,
} from "@holdfast/protocol/upload-methods";
import { base, inBase, name } from "../fault-case.ts";
import type { Stage } from "./stage.ts";

const by = "the fault campaign";
const person = 2;
/** Nothing of ours takes so long on any machine. */
const limitMilliseconds = 300_000;
/** A text that does not become smaller: the zip then has some blocks. */
const words = 60_000;

/** How the taking in of a zip ended. */
export type Ended = NonNullable<UploadState["ended"]>;

/** Whom the zip becomes; null: a backup of the customer that the stories have. */
export type Becomes = { readonly customer: string; readonly email: string } | null;

/** A new customer, whom the stage lets go before the next fault. */
export const newCustomer: Becomes = { customer: name, email: "owner@acme.example" };

/** A zip of the stories' customer of several blocks; made once for each installation. */
export async function zipOf(stage: Stage): Promise<Buffer> {
  const known = stage.expected.get("zip") as Buffer | undefined;
  if (known) return known;
  const { installation } = stage;
  await inBase(
    installation,
    `INSERT INTO res_partner OVERRIDING SYSTEM VALUE
     SELECT made.* FROM res_partner c, LATERAL jsonb_populate_record(c, jsonb_build_object(
       'id', nextval(pg_get_serial_sequence('res_partner', 'id')), 'name', 'Long Story', 'comment',
       (SELECT string_agg(md5(random()::text), '') FROM generate_series(1, ${words})))) made
     WHERE c.id = (SELECT min(id) FROM res_partner)`,
  );
  const { backup } = await installation.askControl(takeCustomerBackup, { customer: base });
  await inBase(installation, "DELETE FROM res_partner WHERE name = 'Long Story'");
  const input = { of: { customer: base }, backupId: backup.backupId, by };
  const zip = await buffer((await download(installation.folder.controlSocket, downloadBackup, input)).body);
  assert.ok(zip.byteLength > uploadBlockBytes, `the zip has several blocks: ${zip.byteLength} bytes`);
  stage.expected.set("zip", zip);
  return zip;
}

/** Whoever sends a zip, as the server asks for them: after whatever died it goes on from where it stands. */
export class Sender {
  readonly #stage: Stage;
  readonly #zip: Buffer;
  readonly #as: Becomes;

  constructor(stage: Stage, zip: Buffer, as: Becomes = null) {
    this.#stage = stage;
    this.#zip = zip;
    this.#as = as;
  }

  async look(): Promise<UploadState | null> {
    return call(this.#socket, lookAtUpload, await this.#owner());
  }

  /** Sends what is missing. */
  async send(): Promise<UploadState> {
    const owner = await this.#owner();
    const wish = { ...owner, by, name: "own.zip", bytes: this.#zip.byteLength, as: this.#as };
    const state =
      (await call(this.#socket, lookAtUpload, owner)) ?? (await call(this.#socket, beginUpload, wish));
    if (state.ended !== null && !isPassing(state.ended)) return state;
    for (let at = state.offset; at < this.#zip.byteLength; ) {
      const body = Readable.from([this.#zip.subarray(at, at + uploadBlockBytes)]);
      const input = { ...owner, uploadId: state.uploadId, offset: at };
      ({ offset: at } = await upload(this.#socket, appendToUpload, { input, body }));
    }
    return state;
  }

  /** Sends what is missing and has it taken in, again where what stood in the way passes. */
  async sendAndTake(): Promise<Ended> {
    const asked = { ...(await this.#owner()), by, as: this.#as };
    for (const deadline = performance.now() + limitMilliseconds; ; await wait(50)) {
      const { uploadId } = await this.send();
      let state = await call(this.#socket, takeUpload, { ...asked, uploadId });
      for (; state.taking !== null; await wait(20)) state = (await this.look()) ?? state;
      if (state.ended !== null && !isPassing(state.ended)) return state.ended;
      if (state.ended !== null && (await this.#isThere(state.ended))) return state.ended;
      assert.ok(performance.now() < deadline, `it is taken in: ${JSON.stringify(state)}`);
    }
  }

  /** Nothing of it is wanted any more. */
  async drop(): Promise<void> {
    const state = await this.look();
    if (state === null) return;
    await call(this.#socket, dropUpload, { ...(await this.#owner()), uploadId: state.uploadId });
  }

  get #socket(): string {
    return this.#stage.installation.folder.controlServerSocket;
  }

  /** A control that died before it noted that the restore was asked for says that the customer is there: so it is. */
  async #isThere(ended: Ended): Promise<boolean> {
    if (this.#as === null || !("error" in ended) || ended.error.code !== "conflict") return false;
    const { installation } = this.#stage;
    const seen = await installation
      .askControl(showCustomer, { name: this.#as.customer })
      .catch(() => undefined);
    return seen?.state === "running" && (await this.#stage.isIdle());
  }

  async #owner() {
    const { installation } = this.#stage;
    if (this.#as !== null) return { of: { tenantId: installation.config.controlTenantId }, person };
    const { tenantId } = await installation.askControl(showCustomer, { name: base });
    return { of: { tenantId }, person };
  }
}

/** Whether the same bytes may be taken in after a while. */
const isPassing = (ended: Ended): boolean =>
  "error" in ended && !["invalid", "too_large", "bad_request", "gone"].includes(ended.error.code);

const sampleBytes = 48;
const samples = 32;

/** @throws when any place of the zip stands in clear where uploads are kept. */
export function nothingPlain({ installation }: Stage, zip: Buffer): void {
  const { uploads } = installation.folder;
  const files = existsSync(uploads) ? readdirSync(uploads, { recursive: true, withFileTypes: true }) : [];
  for (const file of files.filter((entry) => entry.isFile())) {
    const bytes = readFileSync(join(file.parentPath, file.name));
    for (let sample = 0; sample < samples; sample++) {
      const at = Buffer.from(systemRandom.bytes(4)).readUInt32BE() % (zip.byteLength - sampleBytes);
      assert.ok(
        !bytes.includes(zip.subarray(at, at + sampleBytes)),
        `byte ${at} stands in clear in ${file.name}`,
      );
    }
  }
}
