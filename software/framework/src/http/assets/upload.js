// Sends the file of a form as the body of its request, shows how far it is, and lets it be cancelled.
// Data attributes of the form: data-upload is the address; the answer is JSON with `location`, or with `error`.
const form = document.querySelector("form[data-upload]");
const [bar, words, cancel] = ["progress", "[data-state]", "[data-cancel]"].map((one) =>
  form?.querySelector(one),
);
let request;

function say(text, isWrong) {
  words.textContent = text;
  words.classList.toggle("danger", isWrong);
  words.hidden = false;
}

function ended(text) {
  request = undefined;
  bar.hidden = true;
  cancel.hidden = true;
  say(text, true);
}

function begin(file) {
  const address = new URL(form.dataset.upload, location.href);
  for (const field of form.querySelectorAll("input[name]:not([type=file])"))
    address.searchParams.set(field.name, field.value);
  request = new XMLHttpRequest();
  request.open("POST", address);
  request.setRequestHeader("content-type", "application/zip");
  request.upload.onprogress = ({ loaded, total }) => {
    bar.max = total;
    bar.value = loaded;
    say(
      loaded < total
        ? `${Math.floor((loaded * 100) / total)} % sent`
        : "All of it is sent; it is checked and read back from every vault.",
      false,
    );
  };
  request.onerror = () => ended("The connection was lost. Nothing of it was kept; choose it again.");
  request.onabort = () => ended("Cancelled. Nothing of it was kept.");
  request.onload = () => {
    const answer = answerOf(request);
    if (answer.location) location.assign(answer.location);
    else ended(answer.error);
  };
  bar.hidden = false;
  cancel.hidden = false;
  say("0 % sent", false);
  request.send(file);
}

function answerOf({ status, responseText }) {
  try {
    const { location: next, error } = JSON.parse(responseText);
    const said = typeof error === "string" ? error : error?.message;
    return status < 300 && next ? { location: next } : { error: said ?? `It was refused (${status}).` };
  } catch {
    return { error: `It was refused (${status}).` };
  }
}

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  const [file] = form.querySelector("input[type=file]").files;
  if (file && !request) begin(file);
});
cancel?.addEventListener("click", () => request?.abort());
