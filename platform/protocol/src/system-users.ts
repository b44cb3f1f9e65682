/** Runs control, backup jobs and the outbox where root sets up; may read neither root key nor keystore. */
export const serviceUserName = "holdfast";
/**
 * Runs the process that faces the internet. Reaches the customers' files and two sockets; nothing of control.
 * Source: claim ISO-2.
 */
export const serverUserName = "holdfast-server";
