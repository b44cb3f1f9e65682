/** The version of this code, as backups and the status carry it. */
export const codeVersion = "0.1.0";
