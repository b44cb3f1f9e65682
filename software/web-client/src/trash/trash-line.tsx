import { RotateCcw, Trash2 } from "lucide-react";
import { formatCount, formatValue } from "../format/value.ts";
import { locale } from "../frame/app-context.ts";
import { Button, IconButton } from "../ui/button.tsx";
import { daysUntil, type TrashRow } from "./trash-query.ts";

interface TrashLineProps {
  readonly row: TrashRow;
  readonly onRestore: () => void;
  readonly onDelete: () => void;
}

const moment = { name: "deleted_at", type: "datetime", string: "" } as const;

/** One deleted record: what it was, when and by whom it went, and the two things to do. */
export function TrashLine({ row, onRestore, onDelete }: TrashLineProps) {
  const name = row.display_name || "Without a name";
  const { deleted_at, deleted_by, kept_until, takes } = row.trash;
  const days = daysUntil(kept_until, Date.now());
  const when = formatValue(moment, `${deleted_at.replace(" ", "T")}Z`, locale);
  return (
    <li className="trash-line">
      <div className="trash-words">
        <strong>{name}</strong>
        <span className="soft">
          Deleted {when}
          {deleted_by ? ` by ${deleted_by[1]}` : ""}
          {takes > 0 ? `, with ${formatCount(takes, locale)} more` : ""} ·{" "}
          {days === 1 ? "kept 1 more day" : `kept ${days} more days`}
        </span>
      </div>
      <Button small look="secondary" icon={RotateCcw} onPress={onRestore} aria-label={`Restore ${name}`}>
        Restore
      </Button>
      <IconButton small look="danger" icon={Trash2} label={`Delete ${name} for good`} onPress={onDelete} />
    </li>
  );
}
