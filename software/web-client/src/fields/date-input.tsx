import {
  CalendarDateTime,
  type DateValue,
  parseAbsolute,
  parseDate,
  toCalendarDateTime,
  ZonedDateTime,
} from "@internationalized/date";
import { CalendarDays, ChevronLeft, ChevronRight, X } from "lucide-react";
import { type ComponentProps, useContext, useEffect, useMemo, useRef, useState } from "react";
import { DateFieldStateContext } from "react-aria-components/DateField";
import {
  Button,
  Calendar,
  CalendarCell,
  CalendarGrid,
  CalendarGridBody,
  CalendarGridHeader,
  CalendarHeaderCell,
  DatePicker,
  DateSegment,
  Group,
  Popover,
  DateInput as Segments,
} from "react-aria-components/DatePicker";
import { Dialog } from "react-aria-components/Dialog";
import { Heading } from "react-aria-components/Heading";
import { locale } from "../frame/app-context.ts";
import type { Value } from "../wire/values.ts";
import type { FieldProps } from "./field-props.ts";
import { partlyTyped } from "./partly-typed.ts";
import "../styles/date.css";

/**
 * A day, or a moment to the minute in the person's zone: typed part by part, or picked from a calendar. While parts are
 * missing the value is {@link partlyTyped}.
 */
export function DateInput({ field, value, onChange, id, label, invalid, describedBy }: FieldProps) {
  const moment = field.type === "datetime";
  const whole = useRef(value);
  if (value !== partlyTyped) whole.current = value;
  const text = whole.current;
  // The same object for the same text: another one would throw away what is typed in part.
  const current = useMemo(() => readDate(text, moment), [text, moment]);
  const [turn, setTurn] = useState(0);
  const parts = { value, whole: text, onChange, onTakenAway: () => setTurn(turn + 1) };
  return (
    <DatePicker
      key={turn}
      id={id}
      aria-label={label ?? field.string}
      {...(describedBy ? { "aria-describedby": describedBy } : {})}
      value={current}
      granularity={moment ? "minute" : "day"}
      hideTimeZone
      isInvalid={invalid ?? false}
      shouldForceLeadingZeros
      onChange={(next) => onChange(writeDate(next))}
      className="date-picker"
    >
      <Group className={`input quiet date-group ${current ? "" : "unset"}`}>
        <Segments className="date-segments">{(segment) => <Part segment={segment} {...parts} />}</Segments>
        {current && !field.required ? (
          <button
            type="button"
            className="date-clear"
            aria-label={`Clear ${field.string}`}
            onClick={() => onChange(null)}
          >
            <X className="icon" aria-hidden />
          </button>
        ) : null}
        <Button className="date-button">
          <CalendarDays className="icon" aria-hidden />
        </Button>
      </Group>
      <Popover className="popover calendar-popover" placement="bottom end">
        <Dialog className="calendar-dialog" aria-label={`Choose ${field.string}`}>
          <MonthCalendar />
        </Dialog>
      </Popover>
    </DatePicker>
  );
}

interface PartProps extends Pick<ComponentProps<typeof DateSegment>, "segment"> {
  readonly value: Value;
  /** What it was before a part of it was taken away. */
  readonly whole: Value;
  readonly onChange: (value: Value) => void;
  /** The form has another value now, whatever is typed here. */
  readonly onTakenAway: () => void;
}

/** One part; the first one watches over all. */
function Part({ segment, value, whole, onChange, onTakenAway }: PartProps) {
  const state = useContext(DateFieldStateContext);
  const parts = (state?.segments ?? []).filter(({ isEditable }) => isEditable);
  const first = state?.segments[0] === segment;
  const typed = parts.filter(({ isPlaceholder }) => !isPlaceholder).length;
  const partly = first && typed > 0 && typed < parts.length;
  const told = useRef(false);
  useEffect(() => {
    if (partly && !told.current) {
      told.current = true;
      onChange(partlyTyped);
    } else if (partly && value !== partlyTyped) onTakenAway();
    else if (!partly && told.current) {
      told.current = false;
      if (value === partlyTyped) onChange(whole);
    }
  }, [partly, value, whole, onChange, onTakenAway]);
  return <DateSegment segment={segment} className="date-segment" />;
}

function MonthCalendar() {
  return (
    <Calendar className="calendar">
      <header>
        <Button slot="previous" className="button icon-only small">
          <ChevronLeft className="icon" aria-hidden />
        </Button>
        <Heading />
        <Button slot="next" className="button icon-only small">
          <ChevronRight className="icon" aria-hidden />
        </Button>
      </header>
      <CalendarGrid>
        <CalendarGridHeader>{(day) => <CalendarHeaderCell>{day}</CalendarHeaderCell>}</CalendarGridHeader>
        <CalendarGridBody>
          {(date) => <CalendarCell date={date} className="calendar-cell" />}
        </CalendarGridBody>
      </CalendarGrid>
    </Calendar>
  );
}

function readDate(value: Value, moment: boolean): DateValue | null {
  if (typeof value !== "string" || value === "") return null;
  try {
    return moment ? parseAbsolute(value, locale.timeZone) : parseDate(value);
  } catch {
    return null;
  }
}

function writeDate(value: DateValue | null): Value {
  if (value === null) return null;
  if (value instanceof ZonedDateTime) return `${value.toAbsoluteString().slice(0, 19)}Z`;
  if (value instanceof CalendarDateTime)
    return `${toCalendarDateTime(value).toDate(locale.timeZone).toISOString().slice(0, 19)}Z`;
  return value.toString();
}
