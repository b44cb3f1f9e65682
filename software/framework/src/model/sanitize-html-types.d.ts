/** The part of the library that we use; it ships no types. */
declare module "sanitize-html" {
  interface Rules {
    readonly allowedTags: readonly string[];
    readonly allowedAttributes: Readonly<Record<string, readonly string[]>>;
    readonly allowedSchemes: readonly string[];
    readonly allowedSchemesByTag: Readonly<Record<string, readonly string[]>>;
    readonly allowProtocolRelative: boolean;
    readonly disallowedTagsMode: "discard";
  }
  function sanitize(html: string, rules: Rules): string;
  export = sanitize;
}
