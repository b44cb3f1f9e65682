// First, since tokens.css says in which order the layers of all other style sheets weigh.
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/frame.css";

import { QueryClientProvider } from "@tanstack/react-query";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { emptyWithoutHtml } from "./frame/empty-without-html.ts";
import { applyAppearance } from "./frame/theme.ts";
import { deleteOnLeaving } from "./record/pending-deletes.ts";
import { followHistory, place } from "./router/history.ts";
import { readRoute } from "./router/routes.ts";
import { appQuery, modelQuery, queryClient } from "./wire/queries.ts";

emptyWithoutHtml();
applyAppearance();
followHistory();
deleteOnLeaving();
fetchAhead();

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <QueryClientProvider client={queryClient}>
      <App />
    </QueryClientProvider>,
  );
}

/** What every first screen needs is asked for at once, not one after the other. */
function fetchAhead(): void {
  void queryClient.prefetchQuery(appQuery);
  const route = readRoute(place.get().path);
  if (route.screen === "list" || route.screen === "form")
    void queryClient.prefetchQuery(modelQuery(route.model));
}
