// Lets a form be answered by a passkey: `<form data-passkey="get|create">` with the browser's options in
// `data-options`, or fetched from `data-options-url`, and a hidden field `answer`. Without script, or without
// passkeys in the browser, the form stays hidden and the page works as before.

const bytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));

const text = (buffer) =>
  btoa(Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join(""))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

const credentials = (list) => (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));

function publicKeyOf(options) {
  return {
    ...options,
    challenge: bytes(options.challenge),
    ...(options.user && { user: { ...options.user, id: bytes(options.user.id) } }),
    ...(options.allowCredentials && { allowCredentials: credentials(options.allowCredentials) }),
    ...(options.excludeCredentials && { excludeCredentials: credentials(options.excludeCredentials) }),
  };
}

function answerOf(credential) {
  const { response } = credential;
  const named = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"])
    if (response[name]) named[name] = text(response[name]);
  return JSON.stringify({
    id: credential.id,
    rawId: credential.id,
    type: credential.type,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: { ...named, ...(response.getTransports && { transports: response.getTransports() }) },
  });
}

async function optionsOf(form) {
  if (form.dataset.options) return JSON.parse(form.dataset.options);
  const headers = { "content-type": "application/json", accept: "application/json" };
  const reply = await fetch(form.dataset.optionsUrl, { method: "POST", headers, body: "{}" });
  if (!reply.ok) throw new Error("no options");
  return reply.json();
}

function failure(form, error) {
  const gone = error.name === "NotAllowedError" || error.name === "AbortError";
  const there = error.name === "InvalidStateError";
  const words = there
    ? "This device already holds a passkey of yours."
    : gone
      ? "No passkey was given. Try again, or choose another way."
      : "This browser could not use a passkey. Choose another way.";
  const place = form.querySelector("[data-passkey-message]");
  place.className = "message danger";
  place.setAttribute("role", "alert");
  place.textContent = words;
  place.hidden = false;
}

let waiting;

/** One question to the browser at a time: asking by the button ends the quiet offer in the login field. */
async function answer(form, mediation) {
  waiting?.abort();
  const mine = new AbortController();
  waiting = mine;
  const publicKey = publicKeyOf(await optionsOf(form));
  const given = { publicKey, signal: mine.signal };
  const credential =
    form.dataset.passkey === "create"
      ? await navigator.credentials.create(given)
      : await navigator.credentials.get(mediation ? { ...given, mediation } : given);
  form.elements.answer.value = answerOf(credential);
  form.submit();
}

async function offer(form) {
  const able = await globalThis.PublicKeyCredential?.isConditionalMediationAvailable?.();
  // Nobody asked for it, so a failure of the quiet offer is not told.
  if (able) await answer(form, "conditional").catch(() => undefined);
}

for (const form of globalThis.PublicKeyCredential ? document.querySelectorAll("form[data-passkey]") : []) {
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    answer(form).catch((error) => failure(form, error));
  });
  if ("quiet" in form.dataset) void offer(form);
}
