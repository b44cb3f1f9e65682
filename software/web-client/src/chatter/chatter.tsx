import { useQuery } from "@tanstack/react-query";
import { Mail, PencilLine, StickyNote } from "lucide-react";
import { formatAge, formatMoment } from "../format/value.ts";
import { locale } from "../frame/app-context.ts";
import { Avatar } from "../ui/badge.tsx";
import { RichText } from "../ui/rich-text.tsx";
import { getJson } from "../wire/call.ts";
import { type LogLine, readLog } from "./log-lines.ts";
import "../styles/chatter.css";

/** How often an open record's log is asked for again. */
const refreshMs = 15_000;

/** What happened to a record and what was said of it, newest first. */
export function Chatter({ model, id }: { readonly model: string; readonly id: number }) {
  const { data, isPending } = useQuery({
    queryKey: ["read", model, "log", id],
    queryFn: async ({ signal }) => readLog(await getJson<unknown[]>(`/web/log/${model}/${id}`, signal)),
    refetchInterval: refreshMs,
  });
  return (
    <aside className="chatter" aria-label="History">
      <h2>History</h2>
      {isPending ? <LogSkeleton /> : null}
      {data?.length === 0 ? <p className="soft">Nothing has happened here yet.</p> : null}
      <ol className="log">
        {(data ?? []).map((line) => (
          <LogEntry key={line.id} line={line} />
        ))}
      </ol>
    </aside>
  );
}

const kindIcons = { message: Mail, note: StickyNote, change: PencilLine };

function LogEntry({ line }: { readonly line: LogLine }) {
  const Icon = kindIcons[line.kind];
  return (
    <li className={`log-entry ${line.kind}`}>
      <Avatar name={line.author} />
      <div>
        <header>
          <strong>{line.author}</strong>
          <Icon className="icon" aria-label={line.kind} />
          <time dateTime={line.date} title={formatMoment(line.date, locale)}>
            {formatAge(line.date, Date.now(), locale)}
          </time>
        </header>
        {line.subject ? <p className="log-subject">{line.subject}</p> : null}
        {line.body ? <RichText html={line.body} /> : null}
      </div>
    </li>
  );
}

function LogSkeleton() {
  return (
    <div aria-hidden className="log-skeleton">
      {[70, 45, 60].map((width) => (
        <span key={width} className="skeleton" style={{ width: `${width}%` }} />
      ))}
    </div>
  );
}
