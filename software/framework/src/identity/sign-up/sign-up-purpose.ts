/** Links by which a person who signed up by themselves sets the first password; bound to the policy that allows it. */
export const signUpPurpose = "account.signup";
export const signUpPath = "/web/signup/:token";
