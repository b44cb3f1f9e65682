/**
 * What a form holds while a date is typed in part: it differs from every date, so the form is not saved yet, and saving
 * says what is missing.
 */
export const partlyTyped = "…";
