import { html } from "@holdfast/framework/http/html-tag";
import { page } from "@holdfast/framework/http/page";
import type { Reply, Route, RouteRequest } from "@holdfast/framework/http/route";
import { ExpectedError } from "@holdfast/kernel/errors";
import { parseId } from "@holdfast/kernel/id";
import { ShredCertificate } from "./shred-certificate.ts";

const row = { method: "GET", who: "user", csrf: "none", body: "none", bodyLimitBytes: 0 } as const;
const fields = ["subject", "tenant_id", "shredded_at", "certificate", "signature", "public_key"] as const;

/** What each file of a certificate holds; the names are those of `bin/holdfast key certificate`. */
const files = {
  "certificate.json": { type: "application/json", content: (of: Shown) => Buffer.from(of.certificate) },
  "certificate.sig": {
    type: "application/octet-stream",
    content: (of: Shown) => Buffer.from(of.signature, "base64"),
  },
  "public.pem": { type: "application/x-pem-file", content: (of: Shown) => Buffer.from(of.public_key) },
} as const;

type Shown = Awaited<ReturnType<typeof shown>>;

/** Gives out shred certificates, and how to verify one. Whoever may not read the record finds nothing here. */
export const certificateRoutes: readonly Route[] = [
  {
    ...row,
    path: "/certificates/:tenant",
    summary: "A shred certificate: its files, and how to verify them",
    handle: async (request) => certificatePage(await shown(request)),
  },
  {
    ...row,
    path: "/certificates/:tenant/:file",
    summary: "One file of a shred certificate",
    handle: async (request) => fileOf(await shown(request), request.params["file"] ?? ""),
  },
];

async function shown(request: RouteRequest) {
  const tenantId = parseId<"tenant">(request.params["tenant"] ?? "");
  const env = request.reading();
  const [found] =
    tenantId === undefined
      ? []
      : await env.of(ShredCertificate).searchRead([["tenant_id", "=", tenantId]], fields, { limit: 1 });
  if (found === undefined) throw new ExpectedError("not_found", "There is no such certificate.");
  return found;
}

function certificatePage(certificate: Shown): Reply {
  const base = `/certificates/${certificate.tenant_id}`;
  const links = Object.keys(files).map(
    (name) => html`<li><a href="${base}/${name}" download>${name}</a></li>`,
  );
  const command = "openssl dgst -sha256 -verify public.pem -signature certificate.sig certificate.json";
  return page({
    title: `Certificate of ${certificate.subject}`,
    owner: "Control panel",
    main: html`<div class="stack">
<h1>The key of ${certificate.subject} was destroyed</h1>
<p class="lead">No backup of this customer opens any more, in no vault, for nobody. Download the three files and run:</p>
<div class="table-scroll" tabindex="0" role="region" aria-label="Command"><pre><code>${command}</code></pre></div>
<p>It says “Verified OK”. Compare the public key with the one that you have from before.</p>
<ul>${links}</ul>
<h2>What is signed</h2>
<div class="table-scroll" tabindex="0" role="region" aria-label="What is signed"><pre><code>${certificate.certificate}</code></pre></div>
</div>`,
  });
}

function fileOf(certificate: Shown, name: string): Reply {
  if (!Object.hasOwn(files, name)) throw new ExpectedError("not_found", "There is no such file.");
  const { type, content } = files[name as keyof typeof files];
  return {
    status: 200,
    headers: {
      "content-type": type,
      "content-disposition": `attachment; filename="${name}"`,
      "cache-control": "no-store",
    },
    body: content(certificate),
  };
}
