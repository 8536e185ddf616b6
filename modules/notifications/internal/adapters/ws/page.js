"use strict";

// The page to try the socket on. It keeps nothing: the token is in its field and nowhere else.
(function () {
  const $ = (id) => document.getElementById(id);
  let socket = null;
  let lastSeq = 0;

  function show(kind, text) {
    const line = document.createElement("li");
    line.className = kind;
    line.textContent = { in: "← ", out: "→ ", bad: "! " }[kind] + text;
    $("log").append(line);
    line.scrollIntoView({ block: "nearest" });
  }

  function reflect(state) {
    const open = state === "open";
    $("status").textContent = state;
    $("connect").disabled = state !== "closed";
    for (const id of ["disconnect", "ack", "authenticate", "send"]) {
      $(id).disabled = !open;
    }
  }

  // call sends a request to the API and returns its answer; a refusal is an error that says why.
  async function call(path, body, token) {
    const headers = { "Content-Type": "application/json" };
    if (token) {
      headers.Authorization = "Bearer " + token;
    }
    const response = await fetch(path, { method: "POST", headers, body: body && JSON.stringify(body) });
    const answer = await response.json();
    if (!response.ok) {
      throw new Error(answer.detail + " (" + answer.code + ")");
    }
    return answer;
  }

  async function logIn() {
    const answer = await call("/api/v1/auth/login", { email: $("email").value, password: $("password").value });
    $("token").value = answer.access_token;
    $("password").value = "";
    document.body.dataset.loggedIn = $("email").value;
  }

  async function connect() {
    const token = $("token").value.trim();
    const url = new URL("/ws", location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    if ($("after").value.trim() !== "") {
      url.searchParams.set("after_seq", $("after").value.trim());
    }
    let protocols = ["fasttrack.v1"];
    if ($("by").value === "ticket") {
      url.searchParams.set("ticket", (await call("/api/v1/ws/tickets", null, token)).ticket);
    } else {
      protocols.push("bearer." + token);
    }
    socket = new WebSocket(url, protocols);
    reflect("connecting");
    socket.onopen = () => reflect("open");
    socket.onmessage = (event) => {
      show("in", event.data);
      const seq = JSON.parse(event.data).seq;
      if (seq > lastSeq) {
        lastSeq = seq;
      }
    };
    socket.onclose = (event) => {
      show("bad", "closed: " + event.code + (event.reason ? " " + event.reason : ""));
      socket = null;
      reflect("closed");
    };
  }

  function send(text) {
    socket.send(text);
    // A token is not shown: somebody may look over the shoulder.
    show("out", text.replace(/("token":")[^"]*/, "$1…"));
  }

  function on(id, event, action) {
    $(id).addEventListener(event, (e) => {
      e.preventDefault();
      Promise.resolve().then(action).catch((error) => show("bad", error.message));
    });
  }

  on("login", "submit", logIn);
  on("connection", "submit", connect);
  on("disconnect", "click", () => socket.close(1000));
  on("ack", "click", () => send(JSON.stringify({ type: "ack", seq: lastSeq })));
  on("authenticate", "click", () => send(JSON.stringify({ type: "authenticate", token: $("token").value.trim() })));
  on("sending", "submit", () => send($("text").value));
  on("clear", "click", () => $("log").replaceChildren());
  reflect("closed");
})();
