// A session of two people, with openapi-fetch and the types of the API: node journey.js http://localhost:8000 suffix.
// The suffix makes their addresses new.
import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths } from "./fasttrack.js";

type Tokens = components["schemas"]["Tokens"];
type Problem = components["schemas"]["Problem"];

const [url, suffix] = process.argv.slice(2);
if (!url || !suffix) throw new Error("usage: journey.js URL SUFFIX");

/** wants returns what is there, or throws the problem. */
function wants<T>(answer: { data?: T; error?: Problem }): T {
  if (answer.data === undefined) throw new Error(JSON.stringify(answer.error));
  return answer.data;
}

/** refused checks that there is a problem, and which. */
function refused(answer: { error?: Problem }, status: number, code: Problem["code"]) {
  assert.equal(answer.error?.status, status);
  assert.equal(answer.error?.code, code);
}

/** arrive registers somebody, logs them in and returns a client that sends their token. */
async function arrive(name: string) {
  let tokens: Tokens | undefined;
  const api = createClient<paths>({ baseUrl: url! });
  api.use({
    onRequest({ request }) {
      if (tokens) request.headers.set("Authorization", `Bearer ${tokens.access_token}`);
      return request;
    },
  });
  const body = { email: `${name}-${suffix}@example.com`, password: "four blue herons wade" };
  const me = wants(await api.POST("/api/v1/auth/register", { body }));
  refused(await api.POST("/api/v1/auth/login", { body: { ...body, password: "wrong" } }), 401, "invalid_credentials");
  tokens = wants(await api.POST("/api/v1/auth/login", { body }));

  const { refresh_token } = tokens;
  tokens = wants(await api.POST("/api/v1/auth/refresh", { body: { refresh_token } }));
  assert.notEqual(tokens.refresh_token, refresh_token);
  return { api, me };
}

const ann = await arrive("ann");
const bob = await arrive("bob");

// The same request twice, as after a lost answer, makes one project.
const once = { params: { header: { "Idempotency-Key": "garden" } } };
const project = wants(await ann.api.POST("/api/v1/projects", { ...once, body: { name: "Garden" } }));
const again = await ann.api.POST("/api/v1/projects", { ...once, body: { name: "Garden" } });
assert.equal(wants(again).id, project.id);
assert.equal(again.response.headers.get("Idempotent-Replayed"), "true");
refused(await ann.api.POST("/api/v1/projects", { ...once, body: { name: "Another" } }), 422, "idempotency_mismatch");

const within = { path: { id: project.id } };
let task: components["schemas"]["Task"] | undefined;
for (let i = 0; i < 5; i++) {
  const given = i === 4 ? { assignee_id: bob.me.id, due_at: "2030-01-02T03:04:05Z" } : {};
  task = wants(
    await ann.api.POST("/api/v1/projects/{id}/tasks", {
      params: within,
      body: { title: `Task ${i}`, priority: "high", ...given },
    }),
  );
}
assert.ok(task);
const one = { id: task.id };
wants(await ann.api.POST("/api/v1/tasks/{id}/comments", { params: { path: one }, body: { body: "By the gate." } }));
refused(
  await ann.api.POST("/api/v1/projects/{id}/tasks", { params: within, body: { title: "" } }),
  422,
  "validation_failed",
);

// The list, by its cursors.
const titles: string[] = [];
let pages = 0;
for (let cursor: string | null | undefined; cursor !== null; pages++) {
  const page: components["schemas"]["TaskPage"] = wants(
    await ann.api.GET("/api/v1/projects/{id}/tasks", {
      params: { ...within, query: { limit: 2, sort: "created_at", status: "todo", ...(cursor && { cursor }) } },
    }),
  );
  titles.push(...page.items.map((item) => item.title));
  cursor = page.next_cursor;
}
assert.deepEqual(titles, ["Task 0", "Task 1", "Task 2", "Task 3", "Task 4"]);
assert.equal(pages, 3);

// A change of what was read, and not of what somebody else has changed meanwhile.
const read = await ann.api.GET("/api/v1/tasks/{id}", { params: { path: one } });
const tag = read.response.headers.get("ETag")!;
const same = await ann.api.GET("/api/v1/tasks/{id}", { params: { path: one, header: { "If-None-Match": tag } } });
assert.equal(same.response.status, 304);
const based = { path: one, header: { "If-Match": tag } };
const changed = wants(
  await ann.api.PATCH("/api/v1/tasks/{id}", { params: based, body: { status: "in_progress", due_at: null } }),
);
assert.equal(changed.due_at, null);
assert.equal(changed.assignee_id, bob.me.id);
refused(
  await ann.api.PATCH("/api/v1/tasks/{id}", { params: based, body: { title: "Too late" } }),
  412,
  "precondition_failed",
);

// What Bob was told.
const feed = wants(await bob.api.GET("/api/v1/notifications", { params: { query: { after_seq: 0 } } }));
assert.deepEqual(
  feed.items.map((n) => n.type),
  ["task_assigned", "comment_added", "status_changed"],
);
for (const { id, data } of feed.items) {
  assert.ok("task_id" in data && data.task_id === task.id);
  const seen = wants(await bob.api.POST("/api/v1/notifications/{id}/read", { params: { path: { id } } }));
  assert.ok(seen.read_at);
}

// After the logout the token is dead.
assert.equal((await bob.api.POST("/api/v1/auth/logout")).response.status, 204);
refused(await bob.api.GET("/api/v1/users/me"), 401, "token_revoked");
console.log("the journey is done");
