/**
 * Lets `element.innerHTML = ""` empty an element, which our Content-Security-Policy (Trusted Types) refuses as it refuses
 * all markup made of text. React Aria's announcer empties its own element so whenever a part of a date is changed, and the
 * refusal took the whole form down. Everything but the empty text is refused by the browser as before.
 */
export function emptyWithoutHtml(): void {
  const known = Object.getOwnPropertyDescriptor(Element.prototype, "innerHTML");
  const set = known?.set;
  if (known === undefined || set === undefined) return;
  Object.defineProperty(Element.prototype, "innerHTML", {
    ...known,
    set(this: Element, markup: unknown) {
      if (markup === "") this.replaceChildren();
      else set.call(this, markup);
    },
  });
}
