import assert from "node:assert/strict";
import { createServer, type Server, type Socket } from "node:net";
import { after, before, test } from "node:test";
import { html } from "@holdfast/framework/http/html-tag";
import { queueMail } from "@holdfast/framework/mail/queue";
import { type RunningTest, runningServer } from "./testing/running.ts";

let run: RunningTest;
let smtp: Server;
const notes = new Map<string, number>();
/** What was noted while each mail came in. */
const noted: (number | undefined)[] = [];
const asked: number[] = [];
const opened = new Set<Socket>();

before(async () => {
  smtp = createServer(takeMail).listen(0, "127.0.0.1");
  await new Promise((resolve) => smtp.once("listening", resolve));
  const { port } = smtp.address() as { port: number };
  run = await runningServer(undefined, {
    mail: { host: "127.0.0.1", port },
    outgoing: {
      note: async (id, dueMs) => void (dueMs === null ? notes.delete(id) : notes.set(id, dueMs)),
      due: async () => {
        asked.push(opened.size);
        return ["acme.localhost", "gone.localhost"];
      },
    },
  });
});
after(async () => {
  await run.stop();
  for (const socket of opened) socket.destroy();
  smtp.close();
});

test("mail that waits when the server starts goes out though nobody visits, and is noted before it is sent", async () => {
  await run.db.data.writing(run.db.system(), (env) =>
    queueMail(env, {
      to: "ann@acme.example",
      subject: "Waits",
      html: html`<p>It waits.</p>`,
      text: "It waits.",
    }),
  );
  const limit = Date.now() + 60_000;
  while (noted.length === 0) {
    assert.ok(Date.now() < limit, "the mail went out");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.equal(typeof noted[0], "number");
  assert.equal(asked[0], 0, "who is due was asked before anything was sent");
});

/** Just enough of SMTP (RFC 5321) to take what our own client sends. */
function takeMail(socket: Socket): void {
  opened.add(socket);
  let inData = false;
  let text = "";
  socket.write("220 test\r\n");
  socket
    .on("error", () => undefined)
    .on("data", (piece: Buffer) => {
      text += piece.toString();
      for (let end = text.indexOf("\r\n"); end >= 0; end = text.indexOf("\r\n")) {
        const line = text.slice(0, end);
        text = text.slice(end + 2);
        if (inData && line !== ".") continue;
        if (line === ".") noted.push(notes.get(run.keys.id));
        inData = line === "DATA";
        socket.write(inData ? "354 go on\r\n" : "250 ok\r\n");
      }
    });
}
