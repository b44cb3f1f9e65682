import { createElement, type ReactNode } from "react";
import { parseRichText, type RichNode } from "./rich-nodes.ts";

/** Sanitized rich text as elements: no HTML is ever handed to the browser. */
export function RichText({ html }: { readonly html: string }) {
  return createElement("div", { className: "rich-text" }, ...parseRichText(html).map(draw));
}

function draw(node: RichNode): ReactNode {
  if (typeof node === "string") return node;
  if (node.tag === "br") return <br />;
  const children = node.children.map(draw);
  if (node.tag !== "a") return createElement(node.tag, null, ...children);
  return createElement(
    "a",
    { href: node.href ?? undefined, target: "_blank", rel: "noreferrer" },
    ...children,
  );
}
