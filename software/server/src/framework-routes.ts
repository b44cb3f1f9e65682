import { attachmentRoutes } from "@holdfast/framework/files/attachment-routes";
import { eventRoute } from "@holdfast/framework/http/event-stream";
import type { Route } from "@holdfast/framework/http/route";
import { accountRoutes } from "@holdfast/framework/identity/account-routes";
import { confirmRoutes } from "@holdfast/framework/identity/confirm-routes";
import { confirmFactorRoutes } from "@holdfast/framework/identity/factors/confirm-factor-routes";
import { factorRoutes } from "@holdfast/framework/identity/factors/factor-routes";
import { ownFactorsRoutes } from "@holdfast/framework/identity/factors/own-factors-routes";
import { setupRoutes } from "@holdfast/framework/identity/factors/setup-routes";
import { linkRoutes } from "@holdfast/framework/identity/link-routes";
import { oidcRoutes } from "@holdfast/framework/identity/oidc/oidc-routes";
import { passkeyRoutes } from "@holdfast/framework/identity/passkeys/passkey-routes";
import { passwordRoutes } from "@holdfast/framework/identity/password-routes";
import { providerRoutes } from "@holdfast/framework/identity/providers/provider-routes";
import { signInRoutes } from "@holdfast/framework/identity/sign-in-routes";
import { signUpRoutes } from "@holdfast/framework/identity/sign-up/sign-up-routes";
import { jobRoutes } from "@holdfast/framework/jobs/job-routes";
import { remoteRoutes } from "@holdfast/framework/remote/remote-routes";
import { webClientRoutes } from "./web-client-routes.ts";

/** Routes that every tenant has, whatever its apps: sign-in, the remote API's doors, files, the browser half. */
export const frameworkRoutes: readonly Route[] = [
  ...signInRoutes,
  ...signUpRoutes,
  ...passkeyRoutes,
  ...factorRoutes,
  ...confirmFactorRoutes,
  ...setupRoutes,
  ...oidcRoutes,
  ...providerRoutes,
  ...linkRoutes,
  ...ownFactorsRoutes,
  ...accountRoutes,
  ...confirmRoutes,
  ...passwordRoutes,
  eventRoute(),
  ...jobRoutes,
  ...remoteRoutes,
  ...attachmentRoutes,
  ...webClientRoutes,
];
