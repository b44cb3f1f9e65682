import { Fragment, type ReactNode } from "react";
import { parseRichText, type RichNode } from "./rich-nodes.ts";

/** Sanitized rich text as elements: no HTML is ever handed to the browser. */
export function RichText({ html }: { readonly html: string }) {
  return <div className="rich-text">{draw(parseRichText(html))}</div>;
}

function draw(nodes: readonly RichNode[]): ReactNode {
  return nodes.map((node, index) => <Fragment key={index}>{drawNode(node)}</Fragment>);
}

function drawNode(node: RichNode): ReactNode {
  if (typeof node === "string") return node;
  if (node.tag === "br") return <br />;
  if (node.tag === "a") {
    return (
      <a href={node.href ?? undefined} target="_blank" rel="noreferrer">
        {draw(node.children)}
      </a>
    );
  }
  const Tag = node.tag;
  return <Tag>{draw(node.children)}</Tag>;
}
