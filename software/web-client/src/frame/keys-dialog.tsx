import { Dialog } from "../ui/dialog.tsx";

const keys: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  [
    "Everywhere",
    [
      ["Ctrl K", "Search or jump"],
      ["?", "These keys"],
      ["Esc", "Close what is open"],
    ],
  ],
  [
    "In lists",
    [
      ["/", "Search"],
      ["↑ ↓", "Move from row to row"],
      ["X", "Select a row"],
      ["Alt C", "New record"],
      ["Backspace", "Take the last part of the search away"],
    ],
  ],
  [
    "In forms",
    [
      ["Alt S", "Save"],
      ["Alt J", "Discard"],
      ["Alt N, Alt P", "Next and previous record"],
      ["Enter", "In lines: add a line below"],
    ],
  ],
];

/** What the keyboard does. */
export function KeysDialog({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog title="Keyboard" onClose={onClose}>
      {keys.map(([place, entries]) => (
        <section key={place} className="keys">
          <h3>{place}</h3>
          <dl>
            {entries.map(([key, words]) => (
              <div key={key}>
                <dt>{words}</dt>
                <dd>
                  <kbd>{key}</kbd>
                </dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </Dialog>
  );
}
