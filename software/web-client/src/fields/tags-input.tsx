import { X } from "lucide-react";
import { type KeyboardEvent, useRef, useState } from "react";
import { useName } from "../record/names.ts";
import { useCombobox } from "../search/use-combobox.ts";
import { OptionList } from "../ui/option-list.tsx";
import { showFailure } from "../ui/toasts.ts";
import { tone } from "../ui/tone.ts";
import { type FieldProps, inputAttributes } from "./field-props.ts";
import { createNamed, type Offer, offerKey, useOffers } from "./offers.ts";
import { OfferWords } from "./reference-input.tsx";

/** Several related records as chips; type to add, Backspace takes the last. */
export function TagsInput(props: FieldProps) {
  const { field, value, onChange } = props;
  const ids = Array.isArray(value) ? (value as readonly number[]) : [];
  // What is there when a new tag has been made, which may be long after it was asked for.
  const now = useRef(ids);
  now.current = ids;
  const [typed, setTyped] = useState("");
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLSpanElement>(null);
  const relation = field.relation ?? "";
  const { offers } = useOffers(relation, typed, open);
  const shown = offers.filter((offer) => offer.kind === "create" || !ids.includes(offer.record.id));
  const add = (id: number) => onChange([...now.current.filter((one) => one !== id), id]);
  const choose = (offer: Offer | undefined) => {
    setTyped("");
    if (!offer) return;
    if (offer.kind === "record") add(offer.record.id);
    else createNamed(relation, offer.name).then((record) => add(record.id), showFailure);
  };
  const combobox = useCombobox({
    count: shown.length,
    open,
    eager: typed !== "",
    onChoose: (index) => choose(shown[index]),
    onClose: () => setOpen(false),
    onOpen: () => setOpen(true),
  });
  const onKeyDown = (event: KeyboardEvent) => {
    if (combobox.onKeyDown(event)) return;
    if (event.key === "Enter" && typed) event.preventDefault();
    if (event.key === "Backspace" && typed === "") onChange(ids.slice(0, -1));
  };
  return (
    <span className="input quiet tags-input" ref={box}>
      {ids.map((id) => (
        <RemovableTag
          key={id}
          model={relation}
          id={id}
          onRemove={() => onChange(ids.filter((one) => one !== id))}
        />
      ))}
      <input
        {...combobox.inputProps}
        {...inputAttributes(props)}
        aria-label={props.label ?? `Add to ${field.string}`}
        className="bare"
        type="text"
        placeholder={ids.length === 0 ? "Add…" : ""}
        value={typed}
        onClick={() => setOpen(true)}
        onChange={(event) => {
          setTyped(event.target.value);
          setOpen(true);
          combobox.reset();
        }}
        onKeyDown={onKeyDown}
        onBlur={() => {
          setOpen(false);
          setTyped("");
        }}
      />
      <OptionList
        label={field.string}
        className="offers"
        anchor={box}
        open={open}
        items={shown}
        keyOf={offerKey}
        listProps={combobox.listProps}
        optionProps={combobox.optionProps}
      >
        {(offer) => <OfferWords offer={offer} />}
      </OptionList>
    </span>
  );
}

function RemovableTag({
  model,
  id,
  onRemove,
}: {
  readonly model: string;
  readonly id: number;
  readonly onRemove: () => void;
}) {
  const name = useName(model, id) ?? "…";
  return (
    <span className={`badge plain ${tone(name, "always")}`}>
      {name}
      <button type="button" aria-label={`Remove ${name}`} onClick={onRemove}>
        <X className="icon" aria-hidden />
      </button>
    </span>
  );
}
