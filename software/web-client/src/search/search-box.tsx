import type { ListFilter } from "@holdfast/framework/views/view";
import { useQueries } from "@tanstack/react-query";
import { Search as SearchIcon, X } from "lucide-react";
import { type KeyboardEvent, type RefObject, useDeferredValue, useEffect, useRef, useState } from "react";
import { locale } from "../frame/app-context.ts";
import { OptionList } from "../ui/option-list.tsx";
import { nameQuery } from "../wire/queries.ts";
import type { FieldDescriptions } from "../wire/shapes.ts";
import { type Facet, type Search, withFacet, withoutFacet } from "./facet.ts";
import { facetLabel } from "./facet-label.ts";
import { type Match, type Suggestion, suggest } from "./suggest.ts";
import { useCombobox } from "./use-combobox.ts";

interface SearchBoxProps {
  readonly view: {
    readonly fields: FieldDescriptions;
    readonly search: readonly string[];
    readonly filters: readonly ListFilter[];
  };
  readonly search: Search;
  readonly onSearch: (search: Search) => void;
  readonly label: string;
}

/** Most relations that typing looks into at once, and records shown of each. */
const maxRelations = 3;
const matchesEach = 3;

/** The search box: chips of what is searched, suggestions while typing, Backspace takes the last chip. */
export function SearchBox({ view, search, onSearch, label }: SearchBoxProps) {
  const [typed, setTyped] = useState("");
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const suggestions = suggest(typed, view, { language: locale.language, matches: useMatches(view, typed) });
  const choose = (suggestion: Suggestion | undefined) => {
    if (suggestion) onSearch(withFacet(search, suggestion.facet));
    setTyped("");
    setOpen(false);
  };
  const combobox = useCombobox({
    count: suggestions.length,
    open,
    onChoose: (index) => choose(suggestions[index]),
    onClose: () => setOpen(false),
    onOpen: () => setOpen(true),
  });
  useSlashKey(input);
  const onKeyDown = (event: KeyboardEvent) => {
    if (combobox.onKeyDown(event)) return;
    if (event.key === "Backspace" && typed === "" && search.facets.length > 0) onSearch(withoutFacet(search));
    if (event.key === "Escape") setTyped("");
  };
  const remove = (index: number) => {
    onSearch(withoutFacet(search, index));
    input.current?.focus();
  };
  return (
    <search className="search-box" ref={box}>
      <SearchIcon className="icon" aria-hidden />
      {search.facets.map((facet, index) => (
        <Chip key={JSON.stringify(facet)} facet={facet} view={view} onRemove={() => remove(index)} />
      ))}
      <input
        {...combobox.inputProps}
        ref={input}
        type="text"
        aria-label={label}
        placeholder={search.facets.length === 0 ? "Search…" : ""}
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value);
          setOpen(true);
          combobox.reset();
        }}
        onKeyDown={onKeyDown}
        onBlur={() => setOpen(false)}
      />
      {typed === "" && search.facets.length === 0 ? <kbd aria-hidden>/</kbd> : null}
      <OptionList
        label="Search suggestions"
        className="suggestions"
        anchor={box}
        open={open}
        items={suggestions}
        keyOf={(suggestion) => suggestion.key}
        listProps={combobox.listProps}
        optionProps={combobox.optionProps}
      >
        {(suggestion) => <SuggestionWords suggestion={suggestion} />}
      </OptionList>
    </search>
  );
}

function SuggestionWords({ suggestion }: { readonly suggestion: Suggestion }) {
  return (
    <span>
      <span className="soft">
        {suggestion.field} {suggestion.verb}{" "}
      </span>
      <strong>{suggestion.value}</strong>
    </span>
  );
}

interface ChipProps {
  readonly facet: Facet;
  readonly view: SearchBoxProps["view"];
  readonly onRemove: () => void;
}

function Chip({ facet, view, onRemove }: ChipProps) {
  const { subject, value } = facetLabel(facet, view, locale);
  return (
    <span className="chip">
      {subject ? <span className="chip-subject">{subject}</span> : null}
      <span className="chip-value">{value}</span>
      <button type="button" aria-label={`Remove ${subject} ${value}`} onClick={onRemove}>
        <X className="icon" aria-hidden />
      </button>
    </span>
  );
}

/** Records of the searchable relations whose name fits; asked for once typing pauses. */
function useMatches(view: SearchBoxProps["view"], typed: string): Match[] {
  const text = usePaused(useDeferredValue(typed).trim(), 180);
  const relations = view.search
    .map((name) => view.fields[name])
    .filter((field) => field?.type === "many2one" && field.relation !== undefined)
    .slice(0, maxRelations);
  return useQueries({
    queries: relations.map((field) => ({
      ...nameQuery(field?.relation ?? "", text, [], matchesEach),
      enabled: text.length >= 2,
    })),
    combine: (results) =>
      results.flatMap((result, index) =>
        (result.data ?? []).map((record) => ({
          field: relations[index]?.name ?? "",
          id: record.id,
          name: record.name,
        })),
      ),
  });
}

/** The last value that stood for `pauseMs`. */
export function usePaused<T>(value: T, pauseMs: number): T {
  const [paused, setPaused] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setPaused(value), pauseMs);
    return () => clearTimeout(timer);
  }, [value, pauseMs]);
  return paused;
}

/** `/` goes to the search box from anywhere that is not typed into. */
function useSlashKey(input: RefObject<HTMLInputElement | null>): void {
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent) => {
      const target = event.target as HTMLElement;
      const typing = target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
      if (event.key !== "/" || typing || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      input.current?.focus();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [input]);
}
