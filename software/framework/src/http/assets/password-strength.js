// Says beside a new password how good it is, while it is typed: `<input type="password" data-strength="id of a
// meter">`, with `data-strength-words` that everybody here knows. Nothing leaves the page; the server decides.

const runs = ["abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"];
const words = ["enough for now", "good", "very good"];

/** Characters that cost a guesser something: repetitions, runs of keys and known words count once. */
function worth(password, known) {
  let rest = password.normalize("NFC").toLowerCase();
  for (const word of known) if (word.length > 2) rest = rest.replaceAll(word, "\u0001");
  let count = 0;
  let before = "";
  for (const sign of rest) {
    const pair = before + sign;
    const next = runs.some(
      (run) => pair.length === 2 && (run.includes(pair) || [...run].reverse().join("").includes(pair)),
    );
    count += sign === before || next ? 0.2 : 1;
    before = sign;
  }
  return Math.min(count, new Set(rest).size * 3);
}

for (const input of document.querySelectorAll("input[data-strength]")) {
  const meter = document.getElementById(input.dataset.strength);
  const said = meter?.nextElementSibling;
  if (!meter || !said) continue;
  const known = (input.dataset.strengthWords ?? "").toLowerCase().split(/\s+/);
  meter.parentElement.hidden = false;
  input.addEventListener("input", () => {
    const length = [...input.value.normalize("NFC")].length;
    const missing = Number(input.minLength) - length;
    const value = worth(input.value, known);
    meter.value = Math.min(value, meter.max);
    if (length === 0) said.textContent = "";
    else if (missing > 0) said.textContent = `${missing} more character${missing === 1 ? "" : "s"}`;
    else if (value < meter.low) said.textContent = "easy to guess: add a word that does not belong";
    else said.textContent = words[value < meter.high ? 0 : value < meter.optimum ? 1 : 2];
  });
}
