// Sends the file of a form by pieces (tus 1.0.0), so that a line that breaks or a page that is left costs a piece, not
// the whole: it goes on by itself while the page is open, and from where it was when the same file is chosen again.
// Data attributes of the form: data-upload is the address. JSON of ours: `{upload, location}` or `{error}`.
const form = document.querySelector("form[data-upload]");
const [bar, words, cancel, left] = ["progress", "[data-state]", "[data-cancel]", "[data-left]"].map((one) =>
  form?.querySelector(one),
);
const blockBytes = 2 ** 20;
const mostBlocks = 8;
/** A piece that took longer is followed by one of half its size, one that was quicker by a larger one. */
const pieceMs = { long: 60_000, short: 8_000 };
const backoffMs = { first: 1_000, most: 30_000 };
const lookMs = 1_000;
const hexOf = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
let sending;

function say(text, isWrong) {
  words.textContent = text;
  words.classList.toggle("danger", isWrong);
  words.hidden = false;
}

function show(text, done, total) {
  bar.max = total;
  bar.value = done;
  say(text, false);
}

const percent = (done, total) => `${Math.floor((done * 100) / total)} %`;

/** What the person can do something about; anything else is tried again. */
class Refused extends Error {}
class Lost extends Error {}
class Cancelled extends Error {}

/** One request. Without an answer, or with one that says "later", it throws Lost. */
function ask(method, path, { headers = {}, body, onSent } = {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, new URL(path, location.href));
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    if (onSent) request.upload.onprogress = ({ loaded }) => onSent(loaded);
    sending.request = request;
    request.onerror = () => reject(new Lost());
    request.onabort = () => reject(new Cancelled());
    request.onload = () => {
      const { status } = request;
      const answer = jsonOf(request.responseText);
      const offset = Number(request.getResponseHeader("upload-offset"));
      if (status < 300 || (status === 409 && method === "PATCH")) resolve({ status, answer, offset });
      else if (status === 429 || status >= 500) reject(new Lost(answer?.error?.message));
      else if (status === 400 && method === "PATCH") reject(new Lost());
      else reject(new Refused(sentence(answer?.error, status)));
    };
    request.send(body);
  });
}

function jsonOf(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function sentence(error, status) {
  if (status === 401)
    return "You were signed out. Sign in, choose the same file again, and it goes on from here.";
  return error?.message
    ? [error.message, error.hint].filter(Boolean).join(" ")
    : `It was refused (${status}).`;
}

/** Tries until there is an answer; whoever is away for a while comes back to a page that goes on. */
async function patiently(work) {
  for (let wait = backoffMs.first; ; wait = Math.min(wait * 2, backoffMs.most)) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Lost)) throw error;
      const why = error.message || "The connection was lost.";
      say(
        `${why} It goes on by itself${bar.value ? `; ${percent(bar.value, bar.max)} are here` : ""}.`,
        false,
      );
      await pause(wait);
      if (sending.signal.aborted) throw new Cancelled();
    }
  }
}

function pause(ms) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    for (const [on, name] of [
      [window, "online"],
      [sending.signal, "abort"],
    ])
      on.addEventListener(name, () => resolve(clearTimeout(timer)), { once: true });
  });
}

/** Whether the first bytes of the file are those that are there: the server's digest, worked out again. */
async function isSame(file, { offset, digest }) {
  let soFar = new Uint8Array(32);
  for (let at = 0; at < offset; at += blockBytes) {
    if (sending.signal.aborted) throw new Cancelled();
    if (at % (32 * blockBytes) === 0)
      show(`Comparing with what is here: ${percent(at, offset)}`, at, file.size);
    const block = await file.slice(at, Math.min(at + blockBytes, offset)).arrayBuffer();
    const own = new Uint8Array(await crypto.subtle.digest("SHA-256", block));
    const both = new Uint8Array(64);
    both.set(soFar);
    both.set(own, 32);
    soFar = new Uint8Array(await crypto.subtle.digest("SHA-256", both));
  }
  return hexOf(soFar) === digest;
}

function base64(text) {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

const fields = () =>
  Array.from(form.querySelectorAll("input[name]:not([type=file])"), ({ name, value }) => [name, value]);

/** The upload to go on with: the same file's that was begun before, else a new one. */
async function uploadOf(file) {
  const address = form.dataset.upload;
  const { upload } = (await patiently(() => ask("GET", address))).answer;
  const isLeft = upload && upload.ended === null && upload.bytes === file.size && upload.offset > 0;
  if (isLeft && (await isSame(file, upload))) return upload;
  const metadata = [["filename", file.name], ...fields()].map(([name, value]) => `${name} ${base64(value)}`);
  const headers = {
    "tus-resumable": "1.0.0",
    "upload-length": String(file.size),
    "upload-metadata": metadata.join(","),
  };
  return (await patiently(() => ask("POST", address, { headers }))).answer.upload;
}

async function sendRest(file, upload) {
  const path = `${form.dataset.upload}/${upload.uploadId}`;
  let { offset } = upload;
  let blocks = 1;
  while (offset < file.size) {
    const body = file.slice(offset, Math.min(offset + blocks * blockBytes, file.size));
    const startedMs = performance.now();
    const from = offset;
    const onSent = (sent) => tell(Math.min(from + sent, file.size), file.size);
    tell(offset, file.size);
    offset = await patiently(async () => {
      try {
        return await sendPiece(file, path, { offset, body, onSent });
      } catch (error) {
        blocks = 1;
        if (!(error instanceof Lost)) throw error;
        // What came of it is kept: it goes on from there.
        const there = (await ask("GET", path)).answer.upload.offset;
        if (there === offset) throw error;
        return there;
      }
    });
    const tookMs = performance.now() - startedMs;
    if (tookMs > pieceMs.long) blocks = Math.max(1, blocks >> 1);
    else if (tookMs < pieceMs.short) blocks = Math.min(mostBlocks, blocks * 2);
  }
}

function tell(done, total) {
  show(`${percent(done, total)} sent`, done, total);
}

async function sendPiece(file, path, { offset, body, onSent }) {
  const headers = {
    "tus-resumable": "1.0.0",
    "content-type": "application/offset+octet-stream",
    "upload-offset": String(offset),
  };
  const sent = await ask("PATCH", path, { headers, body, onSent });
  if (sent.status !== 409) return sent.offset;
  // Another tab sends too: the same file, or it is not ours to go on with.
  const { upload } = (await ask("GET", path)).answer;
  if (await isSame(file, upload)) return upload.offset;
  throw new Refused("Another file is being sent by you elsewhere. Cancel that first.");
}

/** Waits until the whole zip is taken in. @returns where to look at it. */
async function taken(upload) {
  const path = `${form.dataset.upload}/${upload.uploadId}`;
  const query = new URLSearchParams(fields());
  let { answer } = await patiently(() => ask("POST", `${path}/take?${query}`));
  while (answer.location === undefined) {
    const { taking, ended, bytes } = answer.upload;
    if (ended?.error) throw new Refused(sentence(ended.error));
    const done = taking?.doneBytes ?? 0;
    show("All of it is sent; it is checked and read back from every vault.", done, bytes);
    await pause(lookMs);
    if (sending.signal.aborted) throw new Cancelled();
    ({ answer } = await patiently(() => ask("GET", path)));
    // A restart in between: it is here whole, and is taken in anew.
    if (answer.location === undefined && answer.upload.taking === null && answer.upload.ended === null)
      ({ answer } = await patiently(() => ask("POST", `${path}/take?${query}`)));
  }
  return answer.location;
}

async function begin(file) {
  sending = new AbortController();
  bar.hidden = false;
  cancel.hidden = false;
  if (left) left.hidden = true;
  tell(0, file.size);
  try {
    const upload = await uploadOf(file);
    sending.upload = upload.uploadId;
    await sendRest(file, upload);
    location.assign(await taken(upload));
  } catch (error) {
    if (error instanceof Cancelled) say("Cancelling.", false);
    else say(error instanceof Refused ? error.message : "The file could not be read. Choose it again.", true);
    sending = undefined;
    bar.hidden = true;
    cancel.hidden = true;
  }
}

/** Says to the server that nothing of it is wanted. @returns whether it heard it. */
async function drop(uploadId) {
  const address = `${form.dataset.upload}/${uploadId}`;
  const answer = await fetch(address, { method: "DELETE", headers: { "tus-resumable": "1.0.0" } }).catch(
    () => undefined,
  );
  return answer?.ok === true || answer?.status === 404;
}

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  const [file] = form.querySelector("input[type=file]").files;
  if (file && !sending) void begin(file);
});
cancel?.addEventListener("click", async () => {
  if (!sending) return;
  const { upload, request } = sending;
  sending.abort();
  request?.abort();
  const isGone = upload === undefined || (await drop(upload));
  const kept = isGone ? "Nothing of it was kept." : "What is here already is dropped within a day.";
  say(`Cancelled. ${kept}`, true);
});
left?.querySelector("[data-drop]").addEventListener("click", async ({ target }) => {
  left.hidden = await drop(target.dataset.drop);
});
