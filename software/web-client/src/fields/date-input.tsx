import {
  CalendarDateTime,
  type DateValue,
  parseAbsolute,
  parseDate,
  toCalendarDateTime,
  ZonedDateTime,
} from "@internationalized/date";
import { CalendarDays, ChevronLeft, ChevronRight, X } from "lucide-react";
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
import "../styles/date.css";

/** A day, or a moment to the minute in the person's zone: typed part by part, or picked from a calendar. */
export function DateInput({ field, value, onChange, id, label, invalid, describedBy }: FieldProps) {
  const moment = field.type === "datetime";
  const current = readDate(value, moment);
  return (
    <DatePicker
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
        <Segments className="date-segments">
          {(segment) => <DateSegment segment={segment} className="date-segment" />}
        </Segments>
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
