// Receive webhooks and believe only signed ones (Standard Webhooks), with nothing but Node.
//
//   DIENHINH_WEBHOOK_SECRET=whsec_... node verify_webhook.mjs 9000
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";

const TOLERANCE = 300; // seconds: what is older may be something recorded and sent again

/**
 * The id of a message that is genuine; by it you know one that comes again. Throws for any other.
 * `body` must be the bytes as they came: parsed and written again, they are others.
 */
export function verify(headers, body, secrets, now = Date.now() / 1000) {
  const [id, sent, signatures] = ["id", "timestamp", "signature"].map((name) => headers[`webhook-${name}`]);
  if (!id || !signatures || !/^\d+$/.test(sent ?? "")) throw new Error("headers missing or malformed");
  if (Math.abs(now - Number(sent)) > TOLERANCE) throw new Error("too old, or from the future");
  for (const secret of secrets) {
    const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
    const expected = Buffer.from("v1," + createHmac("sha256", key).update(`${id}.${sent}.`).update(body).digest("base64"));
    for (const given of signatures.split(" ").map((text) => Buffer.from(text))) {
      if (given.length === expected.length && timingSafeEqual(given, expected)) return id;
    }
  }
  throw new Error("no signature fits");
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const secrets = process.env.DIENHINH_WEBHOOK_SECRET.split(" ");
  createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    const body = Buffer.concat(parts);
    try {
      console.log(verify(request.headers, body, secrets), JSON.parse(body).type);
      response.writeHead(204).end(); // at once; the work is done afterwards, elsewhere
    } catch (fault) {
      response.writeHead(401).end(String(fault));
    }
  }).listen(Number(process.argv[2] ?? 9000), "127.0.0.1");
}
