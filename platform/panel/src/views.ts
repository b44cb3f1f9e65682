import type { FormView, ListView } from "@holdfast/framework/views/view";

export const lists: readonly ListView[] = [
  {
    model: "platform.customer",
    columns: [
      { field: "name" },
      { field: "email", as: "email" },
      { field: "plan", as: "badge" },
      { field: "state", as: "badge" },
      { field: "operation_id", minWidth: 800 },
    ],
    search: ["name", "email", "plan"],
    filters: [{ name: "paid", label: "Paid", domain: [["plan", "=", "paid"]] }],
    groupBy: ["plan", "state"],
    empty: {
      sentence: "No customers yet: each one gets a database, a key and backups of its own.",
      button: "New customer",
    },
    creatable: true,
  },
  {
    model: "platform.database",
    columns: [
      { field: "name" },
      { field: "customer_id" },
      { field: "state", as: "badge" },
      { field: "url", minWidth: 700 },
      { field: "last_stored_at" },
      { field: "last_proven_at", minWidth: 700 },
      { field: "neutralized", minWidth: 900 },
    ],
    search: ["name", "customer_id", "state"],
    filters: [
      { name: "live", label: "Live", domain: [["neutralized", "=", false]] },
      { name: "copies", label: "Copies", domain: [["neutralized", "=", true]] },
    ],
    groupBy: ["customer_id", "state"],
    empty: { sentence: "No databases yet: create a customer and press “Create database”." },
    creatable: false,
  },
  {
    model: "platform.backup",
    columns: [
      { field: "database_name" },
      { field: "taken_at" },
      { field: "state", as: "badge" },
      { field: "proven_at" },
      { field: "rows", minWidth: 700 },
      { field: "files", minWidth: 800 },
      { field: "bytes", minWidth: 700 },
    ],
    search: ["database_name", "key", "state"],
    groupBy: ["database_name", "state", "taken_at:day"],
    empty: { sentence: "No backups yet: open a database and press “Back up now”." },
    creatable: false,
  },
  {
    model: "platform.backup.copy",
    columns: [
      { field: "backup_id" },
      { field: "vault" },
      { field: "state", as: "badge" },
      { field: "damaged_at_byte", minWidth: 700 },
      { field: "bytes", minWidth: 900 },
      { field: "read_back_at", minWidth: 600 },
    ],
    search: ["vault", "state", "backup_id"],
    filters: [{ name: "bad", label: "Not whole", domain: [["state", "in", ["damaged", "missing", "away"]]] }],
    groupBy: ["vault", "state"],
    empty: { sentence: "No copies yet." },
    creatable: false,
  },
  {
    model: "platform.operation",
    columns: [
      { field: "label" },
      { field: "state", as: "badge" },
      { field: "step", minWidth: 700 },
      { field: "started_at" },
      { field: "ended_at", minWidth: 700 },
      { field: "error", minWidth: 900 },
    ],
    search: ["label", "state", "kind"],
    filters: [
      { name: "open", label: "Open", domain: [["state", "in", ["pending", "running", "undoing"]]] },
      { name: "failed", label: "Failed", domain: [["state", "=", "failed"]] },
    ],
    groupBy: ["kind", "state"],
    empty: { sentence: "Nothing has been done yet." },
    creatable: false,
  },
  {
    model: "platform.evidence",
    columns: [
      { field: "claim" },
      { field: "promise" },
      { field: "state", as: "badge" },
      { field: "saboteur", as: "badge" },
      { field: "measured_at", minWidth: 700 },
      { field: "simulated", minWidth: 900 },
    ],
    search: ["claim", "promise", "state"],
    filters: [{ name: "broken", label: "Do not hold", domain: [["state", "=", "fail"]] }],
    groupBy: ["state"],
    empty: { sentence: "No claim has been measured yet: run `bin/holdfast claims`." },
    creatable: false,
  },
  {
    model: "platform.alarm",
    columns: [
      { field: "severity", as: "badge" },
      { field: "sentence" },
      { field: "since" },
      { field: "resolved_at", minWidth: 700 },
      { field: "hint", minWidth: 1100 },
    ],
    search: ["sentence", "code", "subject"],
    filters: [
      { name: "open", label: "Open", domain: [["resolved_at", "=", false]] },
      { name: "critical", label: "Critical", domain: [["severity", "=", "critical"]] },
    ],
    groupBy: ["severity", "code", "subject"],
    empty: { sentence: "No alarm: everything that should be there is there." },
    creatable: false,
  },
  {
    model: "platform.round",
    columns: [{ field: "name" }, { field: "ended_at" }, { field: "every_seconds" }],
    search: ["name"],
    empty: { sentence: "Nothing has come round yet: the first rounds end within a minute of the start." },
    creatable: false,
  },
  {
    model: "platform.vault",
    columns: [
      { field: "name" },
      { field: "kind", as: "badge", minWidth: 900 },
      { field: "city" },
      { field: "country" },
      { field: "continent", minWidth: 1500 },
      { field: "provider", minWidth: 900 },
      { field: "simulated", minWidth: 1500 },
      { field: "enforced", minWidth: 1500 },
      { field: "last_stored_at", minWidth: 600 },
      { field: "copies", minWidth: 700 },
      { field: "bad_copies", minWidth: 700 },
      { field: "trouble", minWidth: 1700 },
    ],
    search: ["name", "city", "country", "provider"],
    filters: [
      { name: "troubled", label: "In trouble", domain: [["trouble", "!=", false]] },
      { name: "damaged", label: "With copies that are not whole", domain: [["bad_copies", ">", 0]] },
    ],
    groupBy: ["continent", "country", "provider"],
    empty: { sentence: "No vault is configured." },
    creatable: false,
  },
  {
    model: "platform.key.place",
    columns: [
      { field: "path" },
      { field: "answers" },
      { field: "simulated", minWidth: 700 },
      { field: "same_disk", minWidth: 900 },
      { field: "records", minWidth: 700 },
      { field: "last_seen_at" },
    ],
    search: ["path"],
    empty: { sentence: "The keystore was not looked at yet: that happens within a minute of the start." },
    creatable: false,
  },
  {
    model: "platform.shred.certificate",
    columns: [
      { field: "subject" },
      { field: "shredded_at" },
      { field: "verified" },
      { field: "places", minWidth: 700 },
    ],
    search: ["subject", "tenant_id", "key_id"],
    empty: {
      sentence: "No customer's key was destroyed yet: each deletion of a customer ends with a certificate.",
    },
    creatable: false,
  },
];

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
        method: "action_delete",
        right: "read",
        label: "Delete",
        when: { field: "state", in: ["running", "failed"] },
        confirm:
          "The database, its roles, its files and its key are destroyed. Its backups can never be opened again.",
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
