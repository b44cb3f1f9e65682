import encodeQR from "qr";
import type { Html } from "../../http/html.ts";
import { html } from "../../http/html-tag.ts";

const quietModules = 4;

/** A text as a QR code: one path, drawn by the server, so that the secret in it is never handed to a script. */
export function qrSvg(text: string, label: string): Html {
  const rows = encodeQR(text, "raw", { ecc: "medium", border: quietModules });
  const size = rows.length;
  const path = rows
    .flatMap((row, y) => row.flatMap((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : [])))
    .join("");
  return html`<svg class="qr" viewBox="0 0 ${size} ${size}" role="img" aria-label="${label}" shape-rendering="crispEdges"><rect class="qr-ground" width="${size}" height="${size}"/><path class="qr-dark" d="${path}"/></svg>`;
}
