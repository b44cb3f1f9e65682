import { ArrowUpRight, ChevronDown, Plus } from "lucide-react";
import { type KeyboardEvent, useRef, useState } from "react";
import { Link } from "../router/link.tsx";
import { recordUrl } from "../router/routes.ts";
import { useCombobox } from "../search/use-combobox.ts";
import { OptionList } from "../ui/option-list.tsx";
import { showFailure } from "../ui/toasts.ts";
import { isReference } from "../wire/values.ts";
import { type FieldProps, inputAttributes } from "./field-props.ts";
import { createNamed, type Offer, offerKey, useOffers } from "./offers.ts";

/** A related record: type to find it, recent ones first, or create it by its name alone. */
export function ReferenceInput(props: FieldProps) {
  const { field, value, onChange } = props;
  const reference = isReference(value) ? value : null;
  const [typed, setTyped] = useState<string | null>(null);
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLSpanElement>(null);
  const relation = field.relation ?? "";
  const { offers, pending } = useOffers(relation, typed ?? "", open);
  // A record that is being made counts only when nothing else was chosen meanwhile.
  const choices = useRef(0);
  const close = () => {
    setOpen(false);
    setTyped(null);
  };
  const choose = (offer: Offer | undefined) => {
    close();
    if (!offer) return;
    const choice = ++choices.current;
    if (offer.kind === "record") onChange(offer.record);
    else
      createNamed(relation, offer.name).then((record) => {
        if (choices.current === choice) onChange(record);
      }, showFailure);
  };
  const combobox = useCombobox({
    count: offers.length,
    open,
    eager: (typed ?? "") !== "",
    onChoose: (index) => choose(offers[index]),
    onClose: close,
    onOpen: () => setOpen(true),
  });
  return (
    <span className="reference" ref={box}>
      <input
        {...combobox.inputProps}
        {...inputAttributes(props)}
        type="text"
        value={typed ?? reference?.name ?? ""}
        onFocus={(event) => event.target.select()}
        onClick={() => setOpen(true)}
        onChange={(event) => {
          setTyped(event.target.value);
          setOpen(true);
          combobox.reset();
        }}
        onKeyDown={(event: KeyboardEvent) => {
          // Enter before the answer is there sends no form: what is typed is chosen from the list.
          if (!combobox.onKeyDown(event) && event.key === "Enter" && typed) event.preventDefault();
        }}
        onBlur={() => {
          if (typed === "") {
            choices.current += 1;
            onChange(null);
          }
          close();
        }}
      />
      {reference && relation ? (
        <Link
          to={recordUrl(relation, reference.id)}
          className="reference-open"
          label={`Open ${reference.name}`}
          tabIndex={-1}
        >
          <ArrowUpRight className="icon" aria-hidden />
        </Link>
      ) : null}
      <ChevronDown className="icon reference-arrow" aria-hidden />
      <OptionList
        label={field.string}
        className="offers"
        anchor={box}
        open={open}
        items={offers}
        keyOf={offerKey}
        listProps={combobox.listProps}
        optionProps={combobox.optionProps}
        {...(pending ? {} : { empty: "Nothing found." })}
      >
        {(offer) => <OfferWords offer={offer} />}
      </OptionList>
    </span>
  );
}

export function OfferWords({ offer }: { readonly offer: Offer }) {
  if (offer.kind === "create") {
    return (
      <>
        <Plus className="icon" aria-hidden />
        <span>
          Create <strong>“{offer.name}”</strong>
        </span>
      </>
    );
  }
  return (
    <>
      <span className="cut">{offer.record.name}</span>
      {offer.recent ? <span className="trail">recent</span> : null}
    </>
  );
}
