import type { FormView } from "@holdfast/framework/views/view";

/** Nobody writes these by hand: whoever sees them may ask. */
const ofRunning = { right: "read", when: { field: "state", in: ["running"] } } as const;
const ofStored = { right: "read", when: { field: "state", in: ["stored", "partial", "damaged"] } } as const;

export const forms: readonly FormView[] = [
  {
    model: "platform.customer",
    title: "name",
    status: "state",
    buttons: [
      {
        method: "action_provision",
        label: "Create database",
        primary: true,
        when: { field: "state", in: ["draft"] },
      },
    ],
    sections: [
      { fields: ["name", "email"] },
      { fields: ["plan", "operation_id"] },
      { label: "Legal hold", fields: ["held_since", "hold_reason"] },
    ],
    tabs: [
      {
        label: "Databases",
        lines: {
          field: "database_ids",
          columns: ["name", "state", "url", "last_stored_at", "last_proven_at"],
        },
      },
    ],
  },
  {
    model: "platform.database",
    title: "name",
    status: "state",
    buttons: [
      {
        method: "action_backup",
        ...ofRunning,
        label: "Back up now",
        primary: true,
      },
      {
        method: "action_undo_restore",
        ...ofRunning,
        filled: "former_until",
        label: "Undo restore",
        ask: [{ name: "confirm", label: "Its host name, to confirm", required: true }],
      },
      {
        method: "action_renew_key",
        ...ofRunning,
        label: "New data key",
        ask: [
          {
            name: "confirm",
            label: "Its host name, to confirm",
            required: true,
            help: "Everything goes on. The former key is destroyed when no backup is under it any more.",
          },
        ],
      },
      {
        method: "action_reopen",
        right: "read",
        label: "Open again",
        primary: true,
        when: { field: "state", in: ["closed"] },
      },
      {
        method: "action_delete",
        right: "read",
        label: "Delete",
        when: { field: "state", in: ["running", "failed"] },
        ask: [
          {
            name: "confirm",
            label: "Its host name, to confirm",
            required: true,
            help: "A customer's database is closed with its copies, and destroyed with its key after 14 days. A copy or a failed one is destroyed now.",
          },
        ],
      },
      {
        method: "action_destroy",
        right: "read",
        label: "Destroy now",
        when: { field: "state", in: ["closed"] },
        ask: [
          {
            name: "confirm",
            label: "Its host name, to confirm",
            required: true,
            help: "It is destroyed with its key, before its time: its backups can never be opened again.",
          },
        ],
      },
    ],
    sections: [
      { label: "Place", fields: ["customer_id", "url", "neutralized", "origin_key"] },
      { label: "Safety", fields: ["last_stored_at", "last_proven_at", "tenant_id"] },
      { label: "Data key", fields: ["key_generation", "key_changed_at", "resealed_files", "reseal_after"] },
      { label: "Restores", fields: ["restored_at", "restored_key", "former_until", "expires_at"] },
    ],
    tabs: [
      {
        label: "Backups",
        lines: { field: "backup_ids", columns: ["taken_at", "state", "proven_at", "rows", "files", "bytes"] },
      },
    ],
  },
  {
    model: "platform.backup",
    title: "database_name",
    status: "state",
    buttons: [
      {
        method: "action_restore_beside",
        ...ofStored,
        label: "Restore on the side",
        primary: true,
      },
      {
        method: "action_check",
        ...ofStored,
        label: "Check before a restore",
      },
      {
        method: "action_verify",
        ...ofStored,
        label: "Read back",
      },
      {
        method: "action_restore_over",
        ...ofStored,
        label: "Restore over live",
        ask: [
          {
            name: "confirm",
            label: "Host name of the database, to confirm",
            required: true,
            help: "A safety backup is taken first; it serves until the swap, and can be undone for 72 hours.",
          },
        ],
      },
      {
        method: "action_prove",
        ...ofStored,
        label: "Prove",
      },
      {
        method: "action_heal",
        right: "read",
        label: "Heal",
        when: { field: "state", in: ["partial", "damaged"] },
        confirm: "A copy that is whole is copied to the vaults where it is damaged or missing.",
      },
    ],
    sections: [
      { label: "Content", fields: ["taken_at", "tables", "rows", "files", "bytes"] },
      { label: "Proof", fields: ["stored_at", "proven_at", "proof_error", "sha256", "delete_after"] },
      { label: "Origin", fields: ["origin", "origin_note", "key"] },
    ],
    tabs: [
      {
        label: "Copies",
        lines: { field: "copy_ids", columns: ["vault", "state", "bytes", "read_back_at", "damaged_at_byte"] },
      },
    ],
  },
  {
    model: "platform.operation",
    title: "label",
    status: "state",
    buttons: [
      {
        method: "action_cancel",
        right: "read",
        label: "Cancel and undo",
        when: { field: "state", in: ["pending", "running"] },
        confirm: "What was done is undone, step by step.",
      },
    ],
    sections: [
      { label: "Where it stands", fields: ["step", "step_index", "step_count", "error", "hint"] },
      { label: "When", fields: ["started_at", "ended_at", "database_id", "customer_id"] },
    ],
  },
  {
    model: "platform.alarm",
    title: "sentence",
    status: "severity",
    sections: [
      { label: "What to do", fields: ["hint", "since", "resolved_at", "told"] },
      { label: "About", fields: ["code", "subject", "database_id", "customer_id", "vault"] },
    ],
  },
  {
    model: "platform.evidence",
    title: "claim",
    status: "state",
    sections: [
      { label: "Promise", fields: ["promise", "summary", "simulated"] },
      {
        label: "Measured",
        fields: ["measured_at", "max_age_minutes", "saboteur", "sabotaged_at", "sabotage_summary"],
      },
    ],
  },
  {
    model: "platform.vault",
    title: "name",
    sections: [
      { label: "Place", fields: ["data_center", "city", "country", "continent"] },
      { label: "Operation", fields: ["kind", "provider", "attestations", "simulated", "enforced", "lock"] },
      { label: "Copies", fields: ["last_stored_at", "copies", "bad_copies"] },
      {
        label: "Last look",
        fields: ["answers", "last_seen_at", "trouble", "free_bytes", "wanted_free_bytes"],
      },
    ],
  },
  {
    model: "platform.key.place",
    title: "path",
    sections: [
      { label: "Place", fields: ["simulated", "same_disk"] },
      { label: "Last look", fields: ["answers", "last_seen_at", "records"] },
    ],
  },
  {
    model: "platform.shred.certificate",
    title: "subject",
    sections: [
      { label: "Destroyed", fields: ["shredded_at", "places", "key_id", "tenant_id"] },
      { label: "Certificate", fields: ["verified", "download", "certificate", "signature", "public_key"] },
    ],
  },
];
