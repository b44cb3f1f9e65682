/** Links by which a person sets their password, for a reset as for an invitation. */
export const resetPurpose = "password.reset";
export const resetPath = "/web/reset/:token";
