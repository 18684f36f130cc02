// Tries the generated client: `node built/try.js http://127.0.0.1:8000 dhk_... 17509`. Prints what it found as JSON.
import { createClient } from "./client/client/index.js";
import { createDirective, deleteDirective, listUnits, readDirective, submitBundle } from "./client/index.js";

const [url, key, code] = process.argv.slice(2);
const client = createClient({ baseUrl: url, auth: () => key, headers: { "Accept-Language": "en" } });

const units = await listUnits({ client, query: { code }, throwOnError: true });
const unit = units.data.items[0];
const body = {
  unit_id: unit.id,
  track: "advised",
  document_kind: "plan",
  number_symbol: "1/TS",
  issued_on: "2024-06-03",
  title: "Kế hoạch từ TypeScript (mẫu)",
  issuing_body: "Ủy ban nhân dân xã",
} as const;
const headers = { "Idempotency-Key": '"8e03978e-40d5-43dd-bc93-6894a57f9324"' };
const made = await createDirective({ client, body, headers, throwOnError: true });
const again = await createDirective({ client, body, headers, throwOnError: true });
const path = { id: made.data.id };
const read = await readDirective({ client, path, throwOnError: true });
const refused = await createDirective({ client, body: { ...body, issued_on: "2999-01-01" } });
const bundle = await submitBundle({
  client,
  body: { unit: unit.code, registrations: [{ year: 2024 }] },
  query: { dry_run: true },
  throwOnError: true,
});
const stale = await deleteDirective({ client, path, headers: { "If-Match": '"99"' } });
await deleteDirective({ client, path, headers: { "If-Match": made.response.headers.get("ETag")! }, throwOnError: true });
const gone = await readDirective({ client, path });
console.log(
  JSON.stringify({
    unit: unit.name,
    same: made.data.id === again.data.id,
    replayed: again.response.headers.get("Idempotency-Replayed"),
    title: read.data.title,
    refused: refused.error && "errors" in refused.error ? refused.error.errors[0].pointer : null,
    bundle: "summary" in bundle.data ? bundle.data.summary : null,
    stale: stale.response?.status,
    gone: gone.response?.status,
  }),
);
